/** What makes text safe in HTML, and which addresses a link may lead to. */

const signs: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

/** Safe between tags and in an attribute with double quotes. */
export function escape(text: string): string {
  return text.replaceAll(/[&<>"]/g, (sign) => signs[sign] ?? sign).replaceAll('\0', '\ufffd')
}

/** Web, mail, and what is relative to the page; undefined for anything that could be run. */
export function addressOf(to: string): string | undefined {
  // Browsers leave these out before they look at the scheme.
  const address = to.replaceAll(/[\p{Cc}\p{Cf}\p{Z}]/gu, (sign) => encodeURIComponent(sign))
  const [, scheme] = /^([^/?#]*?):/.exec(address) ?? []
  if (scheme === undefined) return address
  return /^(?:https?|mailto)$/i.test(scheme) ? address : undefined
}
