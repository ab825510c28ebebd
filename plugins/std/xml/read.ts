/**
 * Reads XML 1.0 with names as they stand (prefixes and all), and nothing that can explode:
 * a document type is refused, so there are no entities but the five of XML and numbers.
 */
export interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: (Element | string)[]
}

export class XmlFault extends Error {
  readonly code: 'xml_malformed' | 'doctype_refused' | 'too_deep'
  readonly at: number

  constructor(code: XmlFault['code'], at: number, message: string) {
    super(message)
    this.code = code
    this.at = at
  }
}

const depthMax = 200
const nameChars = String.raw`[\p{L}_:][\p{L}\p{N}\p{M}_:.\u00b7-]*`
const tag = new RegExp(`<(${nameChars})`, 'uy')
const closing = new RegExp(`</(${nameChars})\\s*>`, 'uy')
const attribute = new RegExp(`\\s+(${nameChars})\\s*=\\s*(?:"([^"<]*)"|'([^'<]*)')`, 'uy')

interface Reader {
  readonly text: string
  at: number
  /** Elements that are open, the root first. */
  readonly open: Element[]
  root: Element | undefined
}

/** The root element; comments and instructions are passed over. */
export function readXml(source: string): Element {
  const reader: Reader = { text: source.replaceAll('\r\n', '\n'), at: 0, open: [], root: undefined }
  const { text } = reader
  if (text.startsWith('\ufeff')) reader.at = 1
  while (reader.at < text.length) {
    if (text[reader.at] !== '<') readText(reader)
    else if (text.startsWith('<!--', reader.at)) skipTo(reader, '-->', 'A comment')
    else if (text.startsWith('<![CDATA[', reader.at)) readData(reader)
    else if (text.startsWith('<?', reader.at)) skipTo(reader, '?>', 'An instruction')
    else if (text.startsWith('<!', reader.at))
      throw new XmlFault(
        'doctype_refused',
        reader.at,
        'The document declares a type ("<!"), which could hide anything in it.',
      )
    else if (text[reader.at + 1] === '/') close(reader)
    else open(reader)
  }
  const [unclosed] = reader.open.slice(-1)
  if (unclosed !== undefined) throw malformed(text.length, `"<${unclosed.name}>" is never closed.`)
  return reader.root ?? fail(malformed(text.length, 'The document has no element.'))
}

function fail(fault: XmlFault): never {
  throw fault
}

function malformed(at: number, message: string): XmlFault {
  return new XmlFault('xml_malformed', at, message)
}

function skipTo(reader: Reader, end: string, what: string): void {
  const found = reader.text.indexOf(end, reader.at + 2)
  if (found < 0) throw malformed(reader.at, `${what} is never closed.`)
  reader.at = found + end.length
}

function readText(reader: Reader): void {
  const end = reader.text.indexOf('<', reader.at)
  const stop = end < 0 ? reader.text.length : end
  const raw = reader.text.slice(reader.at, stop)
  const parent = reader.open.at(-1)
  if (parent !== undefined) append(parent, decode(raw, reader.at))
  else if (raw.trim() !== '')
    throw malformed(reader.at, 'There is text outside of the root element.')
  reader.at = stop
}

function readData(reader: Reader): void {
  const start = reader.at + 9
  const parent =
    reader.open.at(-1) ?? fail(malformed(reader.at, 'There is text outside of the root element.'))
  skipTo(reader, ']]>', 'A CDATA section')
  append(parent, reader.text.slice(start, reader.at - 3))
}

function append({ children }: Element, text: string): void {
  const last = children.at(-1)
  if (typeof last === 'string') children[children.length - 1] = last + text
  else if (text !== '') children.push(text)
}

function open(reader: Reader): void {
  const start = reader.at
  tag.lastIndex = start
  const found = tag.exec(reader.text)
  if (found === null)
    throw malformed(start, 'After "<" comes the name of an element; write "&lt;" for itself.')
  const attributes: Record<string, string> = Object.create(null) as Record<string, string>
  let at = tag.lastIndex
  for (;;) {
    attribute.lastIndex = at
    const next = attribute.exec(reader.text)
    if (next === null) break
    const [, name = '', double, single = ''] = next
    if (name in attributes) throw malformed(at, `The attribute "${name}" is there twice.`)
    attributes[name] = decode((double ?? single).replaceAll(/[\n\t]/g, ' '), at)
    at = attribute.lastIndex
  }
  const end = /\s*(\/?)>/y
  end.lastIndex = at
  const ended = end.exec(reader.text)
  if (ended === null) throw malformed(at, `The tag "<${found[1]}" is not well formed here.`)
  const element: Element = { name: found[1] ?? '', attributes, children: [] }
  const parent = reader.open.at(-1)
  if (parent === undefined && reader.root !== undefined)
    throw malformed(start, 'The document has a second root element.')
  parent?.children.push(element)
  reader.root ??= element
  if (ended[1] === '') reader.open.push(element)
  if (reader.open.length > depthMax)
    throw new XmlFault('too_deep', start, `The elements nest deeper than ${depthMax}.`)
  reader.at = end.lastIndex
}

function close(reader: Reader): void {
  closing.lastIndex = reader.at
  const name = closing.exec(reader.text)?.[1]
  const element = reader.open.pop()
  if (name === undefined || element === undefined || element.name !== name)
    throw malformed(
      reader.at,
      element === undefined ? 'Nothing is open here.' : `"</${element.name}>" is expected here.`,
    )
  reader.at = closing.lastIndex
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decode(raw: string, at: number): string {
  if (!raw.includes('&')) return raw
  return raw.replaceAll(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));|&/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined && Object.hasOwn(named, String(name))) return named[String(name)] ?? ''
      const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16)
      if (code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff))
        return String.fromCodePoint(code)
      throw malformed(at, `"${String(whole)}" stands for nothing; write "&amp;" for "&".`)
    },
  )
}
