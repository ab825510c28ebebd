/**
 * Reads and writes the JSON that crosses the border of the module: valid, in UTF-8.
 *
 * Nothing is copied that does not have to be: a text that goes out as it came in is
 * written from where it lies.
 */

/** Code points, in a buffer that the next text uses again. */
export class Points {
  length: i32 = 0
  private room: i32 = 0
  private at: usize = 0

  add(point: u32): void {
    if (this.length == this.room) {
      const room = max(64, this.room * 2)
      const larger = heap.alloc(usize(room) << 2)
      memory.copy(larger, this.at, usize(this.length) << 2)
      this.at = larger
      this.room = room
    }
    store<u32>(this.at + (usize(this.length++) << 2), point)
  }

  @inline get(index: i32): u32 {
    return load<u32>(this.at + (usize(index) << 2))
  }

  clear(): void {
    this.length = 0
  }
}

export class Reader {
  at: usize
  private end: usize

  constructor(at: usize, length: i32) {
    this.at = at
    this.end = at + length
  }

  /** Goes past `byte` and says so, if it comes next. */
  take(byte: u8): bool {
    if (this.peek() != byte) return false
    this.at++
    return true
  }

  /** Goes past the comma between two members; false where the object or list ends with `last`. */
  more(last: u8): bool {
    if (this.take(last)) return false
    this.take(0x2c)
    return true
  }

  /** The name of a member, which is plain ASCII in every schema here. */
  name(): string {
    const from = this.skip() + 1
    const name = String.UTF8.decodeUnsafe(from, this.at - 1 - from)
    this.take(0x3a)
    return name
  }

  number(): f64 {
    const from = this.skip()
    return parseFloat(String.UTF8.decodeUnsafe(from, this.at - from))
  }

  /** The code points of a text. */
  text(into: Points): void {
    into.clear()
    this.peek()
    const end = this.skip() // begins at the quote
    for (let at = end + 1; at < this.at - 1;) {
      const byte = load<u8>(at++)
      if (byte == 0x5c) at = this.escape(at, into)
      else if (byte < 0x80) into.add(byte)
      else {
        const more = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
        let point: u32 = u32(byte) & (0x3f >> more)
        for (let i = 0; i < more; i++) point = (point << 6) | (load<u8>(at++) & 0x3f)
        into.add(point)
      }
    }
  }

  /** Goes past one value and gives where it began. */
  skip(): usize {
    const first = this.peek()
    const from = this.at
    if (first == 0x22) {
      for (this.at++; load<u8>(this.at) != 0x22; this.at++) if (load<u8>(this.at) == 0x5c) this.at++
      this.at++
      return from
    }
    let depth = 0
    do {
      const byte = this.peek()
      if (byte == 0x22) {
        this.skip()
        continue
      }
      if (byte == 0x7b || byte == 0x5b) depth++
      else if (byte == 0x7d || byte == 0x5d) depth--
      this.at++
    } while (this.at < this.end && (depth > 0 || isInside(load<u8>(this.at))))
    return from
  }

  private peek(): u8 {
    while (this.at < this.end && load<u8>(this.at) <= 0x20) this.at++
    return this.at < this.end ? load<u8>(this.at) : 0
  }

  /** `at` is after the backslash; gives where the text goes on. */
  private escape(at: usize, into: Points): usize {
    const byte = load<u8>(at++)
    if (byte != 0x75) {
      into.add(controlOf(byte))
      return at
    }
    const high = hex(at)
    const isPair = (high & 0xfc00) == 0xd800 && load<u16>(at + 4) == 0x755c
    if (!isPair) {
      into.add(high)
      return at + 4
    }
    into.add(0x10000 + ((high & 0x3ff) << 10) + (hex(at + 6) & 0x3ff))
    return at + 10
  }
}

/** What a letter after a backslash stands for; quote, backslash and slash stand for themselves. */
function controlOf(letter: u8): u32 {
  if (letter == 0x6e) return 10
  if (letter == 0x74) return 9
  if (letter == 0x72) return 13
  if (letter == 0x62) return 8
  return letter == 0x66 ? 12 : letter
}

/** Part of a number or a word, so not yet the end of the value. */
function isInside(byte: u8): bool {
  return byte > 0x20 && byte != 0x2c && byte != 0x7d && byte != 0x5d
}

function hex(at: usize): u32 {
  let value: u32 = 0
  for (let i: usize = 0; i < 4; i++) {
    const byte = load<u8>(at + i)
    value = (value << 4) | (byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x57)
  }
  return value
}

/** The output, as it grows. */
export class Writer {
  private from: usize = heap.alloc(1024)
  private length: usize = 0
  private room: usize = 1024

  add(text: string): void {
    const bytes = String.UTF8.encode(text)
    this.copy(changetype<usize>(bytes), bytes.byteLength)
  }

  /** Adds what lies there already. */
  copy(at: usize, length: usize): void {
    if (this.length + length > this.room) {
      const room = max(this.room * 2, this.length + length)
      const larger = heap.alloc(room)
      memory.copy(larger, this.from, this.length)
      this.from = larger
      this.room = room
    }
    memory.copy(this.from + this.length, at, length)
    this.length += length
  }

  /** Where it lies and how long it is, as the host wants to be told. */
  done(): u64 {
    return (u64(this.from) << 32) | u64(this.length)
  }
}
