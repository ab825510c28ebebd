/** A name for addresses and files out of any text. */

const letters: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  œ: 'oe',
  Œ: 'OE',
  ø: 'o',
  Ø: 'O',
  đ: 'd',
  Đ: 'D',
  ð: 'd',
  Ð: 'D',
  þ: 'th',
  Þ: 'Th',
  ł: 'l',
  Ł: 'L',
  ı: 'i',
}

interface Style {
  readonly separator: string
  readonly lengthMax: number
  /** Whether letters outside of ASCII stay; without it they lose their marks or go. */
  readonly isUnicode: boolean
}

export function slugOf(text: string, { separator, lengthMax, isUnicode }: Style): string {
  const plain = isUnicode
    ? text.normalize('NFC')
    : text
        .replaceAll(/[^\0-\u007f]/gu, (char) => letters[char] ?? char)
        .normalize('NFD')
        .replaceAll(/\p{M}/gu, '')
  const words = plain.toLowerCase().match(isUnicode ? /[\p{L}\p{N}\p{M}]+/gu : /[a-z0-9]+/g) ?? []
  let slug = ''
  for (const word of words) {
    const next = slug === '' ? word : slug + separator + word
    if (next.length > lengthMax) return slug === '' ? word.slice(0, lengthMax) : slug
    slug = next
  }
  return slug
}
