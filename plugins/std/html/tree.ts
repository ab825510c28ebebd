/**
 * Reads HTML the way pages are written: tags that nobody closed, attributes without quotes,
 * text that is no text. Never fails; what it builds is a tree to search, not a page to show.
 */
export interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: (Element | string)[]
  readonly parent: Element | undefined
  /** The element before it in its parent. */
  readonly previous: Element | undefined
  /** Its place among the elements of its parent, from 1. */
  readonly index: number
}

const empty = new Set(
  'area base br col embed hr img input link meta param source track wbr'.split(' '),
)
/** Their content is no markup. */
const raw = new Set(['script', 'style', 'textarea', 'title', 'xmp', 'noscript', 'iframe'])
/** What an opening tag closes when it is still open. */
const closes: Readonly<Record<string, string>> = {
  li: 'li',
  dt: 'dt dd',
  dd: 'dt dd',
  tr: 'tr td th',
  td: 'td th',
  th: 'td th',
  option: 'option',
  optgroup: 'option optgroup',
  tbody: 'thead tbody tr td th',
  tfoot: 'tbody tr td th',
  thead: 'tr td th',
  p: 'p',
  body: 'head',
}
/** They end a paragraph. */
const blocks = new Set(
  'address article aside blockquote details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol pre section table ul'.split(
    ' ',
  ),
)
/** An opening tag closes nothing outside of these. */
const scopes = new Set([
  'table',
  'ul',
  'ol',
  'dl',
  'select',
  'template',
  'div',
  'section',
  'article',
  'body',
  'html',
])
const depthMax = 256

interface Open {
  readonly element: Element
  count: number
  last: Element | undefined
}

interface Builder {
  readonly text: string
  at: number
  readonly open: Open[]
}

const tagName = /<\/?([A-Za-z][^\s/>]*)/y
const attribute = /[\s/]*([^\s/>=][^\s/>=]*)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]*)))?/y

export function readHtml(source: string): Element {
  const root: Element = {
    name: '#root',
    attributes: new Map(),
    children: [],
    parent: undefined,
    previous: undefined,
    index: 1,
  }
  const builder: Builder = {
    text: source,
    at: 0,
    open: [{ element: root, count: 0, last: undefined }],
  }
  const { text } = builder
  while (builder.at < text.length) {
    const next = text.indexOf('<', builder.at)
    const stop = next < 0 ? text.length : next
    addText(builder, decode(text.slice(builder.at, stop)))
    builder.at = stop
    if (stop === text.length) break
    readTag(builder)
  }
  return root
}

function addText({ open }: Builder, text: string): void {
  if (text === '') return
  const { children } = (open.at(-1) as Open).element
  const last = children.at(-1)
  if (typeof last === 'string') children[children.length - 1] = last + text
  else children.push(text)
}

function readTag(builder: Builder): void {
  const { text, at } = builder
  if (text.startsWith('<!--', at)) return skipBehind(builder, '-->')
  if (text[at + 1] === '!' || text[at + 1] === '?') return skipBehind(builder, '>')
  tagName.lastIndex = at
  const found = tagName.exec(text)
  if (found === null) {
    addText(builder, '<')
    builder.at++
    return
  }
  const name = (found[1] ?? '').toLowerCase()
  builder.at = tagName.lastIndex
  const attributes = readAttributes(builder)
  if (text[at + 1] === '/') close(builder, name)
  else open(builder, name, attributes)
}

function skipBehind(builder: Builder, end: string): void {
  const found = builder.text.indexOf(end, builder.at + 2)
  builder.at = found < 0 ? builder.text.length : found + end.length
}

function readAttributes(builder: Builder): ReadonlyMap<string, string> {
  const { text } = builder
  const attributes = new Map<string, string>()
  for (;;) {
    attribute.lastIndex = builder.at
    const found = attribute.exec(text)
    if (found === null) break
    const [, name = '', double, single, bare] = found
    const key = name.toLowerCase()
    if (!attributes.has(key)) attributes.set(key, decode(double ?? single ?? bare ?? ''))
    builder.at = attribute.lastIndex
  }
  skipToClose(builder)
  return attributes
}

function skipToClose(builder: Builder): void {
  const end = builder.text.indexOf('>', builder.at)
  builder.at = end < 0 ? builder.text.length : end + 1
}

function open(builder: Builder, name: string, attributes: ReadonlyMap<string, string>): void {
  const stack = builder.open
  const closing = new Set((closes[name] ?? '').split(' '))
  if (blocks.has(name)) closing.add('p')
  for (let i = stack.length - 1; i > 0; i--) {
    const inner = stack[i]?.element.name ?? ''
    if (closing.has(inner)) stack.length = i
    else if (scopes.has(inner)) break
  }
  const parent = stack.at(-1) as Open
  const element: Element = {
    name,
    attributes,
    children: [],
    parent: parent.element,
    previous: parent.last,
    index: ++parent.count,
  }
  parent.last = element
  parent.element.children.push(element)
  if (raw.has(name)) return readRaw(builder, element)
  // Deeper elements become neighbours: nobody writes such pages, and a tree is walked by recursion.
  if (!empty.has(name) && stack.length < depthMax)
    stack.push({ element, count: 0, last: undefined })
}

function readRaw(builder: Builder, element: Element): void {
  const end = new RegExp(`</${element.name}(?=[\\s/>])`, 'gi')
  end.lastIndex = builder.at
  const stop = end.exec(builder.text)?.index ?? builder.text.length
  const content = builder.text.slice(builder.at, stop)
  if (content !== '')
    element.children.push(
      element.name === 'title' || element.name === 'textarea' ? decode(content) : content,
    )
  builder.at = stop
  if (stop < builder.text.length) skipToClose(builder)
}

function close({ open: stack }: Builder, name: string): void {
  for (let i = stack.length - 1; i > 0; i--) {
    if (stack[i]?.element.name !== name) continue
    stack.length = i
    return
  }
}

const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
  copy: '©',
  reg: '®',
  trade: '™',
  hellip: '…',
  mdash: '—',
  ndash: '–',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  laquo: '«',
  raquo: '»',
  bull: '•',
  middot: '·',
  euro: '€',
  pound: '£',
  yen: '¥',
  cent: '¢',
  sect: '§',
  para: '¶',
  deg: '°',
  plusmn: '±',
  times: '×',
  divide: '÷',
  frac12: '½',
  auml: 'ä',
  ouml: 'ö',
  uuml: 'ü',
  Auml: 'Ä',
  Ouml: 'Ö',
  Uuml: 'Ü',
  szlig: 'ß',
  eacute: 'é',
  egrave: 'è',
  ecirc: 'ê',
  agrave: 'à',
  aacute: 'á',
  acirc: 'â',
  ccedil: 'ç',
  ntilde: 'ñ',
  oacute: 'ó',
  ocirc: 'ô',
  iacute: 'í',
  icirc: 'î',
  uacute: 'ú',
  ucirc: 'û',
  oslash: 'ø',
  aring: 'å',
  aelig: 'æ',
  larr: '←',
  rarr: '→',
  uarr: '↑',
  darr: '↓',
  zwnj: '\u200c',
  zwj: '\u200d',
  shy: '\u00ad',
  ensp: '\u2002',
  emsp: '\u2003',
  thinsp: '\u2009',
}

/** Numbers and the names that pages use; an unknown name stays as it is. */
function decode(text: string): string {
  if (!text.includes('&')) return text
  return text.replaceAll(
    /&(?:#[xX]([0-9a-fA-F]{1,6})|#(\d{1,7})|([A-Za-z]\w{1,31}));?/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined)
        return Object.hasOwn(named, String(name)) ? (named[String(name)] ?? '') : String(whole)
      const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16)
      const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
      return isCharacter ? String.fromCodePoint(code) : '\ufffd'
    },
  )
}
