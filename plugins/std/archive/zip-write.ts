/** Writes ZIP archives: files as they are, unpacked, so that equal files give equal bytes. */
import { joined } from './tar.ts'
import { crc32 } from './zip.ts'

/** The first day that the format knows. */
const day = 0x21

export function writeZip(
  files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): Uint8Array {
  const pieces: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let at = 0
  for (const { path, bytes } of files) {
    const name = new TextEncoder().encode(path)
    const crc = crc32(bytes)
    // Version 2.0, names in UTF-8, stored.
    const facts = [20, 0x0800, 0, 0, day]
    const head = record(0x04034b50, [...facts], [crc, bytes.length, bytes.length], [name.length, 0])
    pieces.push(head, name, bytes)
    const entry = record(
      0x02014b50,
      [0x0314, ...facts],
      [crc, bytes.length, bytes.length],
      [name.length, 0, 0, 0, 0, 0, 0x81a4],
    )
    const place = new Uint8Array(4)
    new DataView(place.buffer).setUint32(0, at, true)
    directory.push(entry, place, name)
    at += head.length + name.length + bytes.length
  }
  const size = directory.reduce((sum, piece) => sum + piece.length, 0)
  const end = record(0x06054b50, [0, 0, files.length, files.length], [size, at], [0])
  return joined([...pieces, ...directory, end])
}

/** A mark, numbers of two bytes, numbers of four, numbers of two. */
function record(
  mark: number,
  shorts: readonly number[],
  longs: readonly number[],
  more: readonly number[],
): Uint8Array {
  const bytes = new Uint8Array(4 + shorts.length * 2 + longs.length * 4 + more.length * 2)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, mark, true)
  let at = 4
  for (const number of shorts) at = short(view, at, number)
  for (const number of longs) {
    view.setUint32(at, number, true)
    at += 4
  }
  for (const number of more) at = short(view, at, number)
  return bytes
}

function short(view: DataView, at: number, number: number): number {
  view.setUint16(at, number, true)
  return at + 2
}
