/** The one function of the package that tests compare signatures with. */
declare module 'aws4' {
  export function sign(
    request: {
      readonly host: string
      readonly path: string
      readonly method: string
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | Buffer
      readonly service: string
      readonly region: string
      readonly signQuery?: boolean
    },
    key: {
      readonly accessKeyId: string
      readonly secretAccessKey: string
      readonly sessionToken?: string
    },
  ): { readonly path: string; readonly headers: Readonly<Record<string, string>> }
}
