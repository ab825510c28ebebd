/** Names of actions, made of what an OpenAPI document calls its operations. */

/** Exported by these names, no function could be. */
const reserved =
  /^(?:await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|function|if|implements|import|in|instanceof|interface|let|new|null|package|private|protected|public|return|static|super|switch|this|throw|true|try|typeof|var|void|while|with|yield|call)$/

/** @example actionNameOf('repos/getContent', new Set()) // 'repos-get-content' */
export function actionNameOf(id: string, taken: Set<string>): string {
  const spread = id
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, 55)
    .replace(/-+$/, '')
  const plain = spread === '' || reserved.test(spread) ? `do-${spread}`.replace(/-$/, '') : spread
  let name = plain
  for (let i = 2; taken.has(name); i++) name = `${plain}-${i}`
  taken.add(name)
  return name
}
