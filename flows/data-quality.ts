/** Holds the rows of one table to a small part of JSON Schema, and tells the line of each finding. */
interface Column {
  readonly type?: string | readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly enum?: readonly unknown[]
}

interface Schema {
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Column>>
  /** A column, or several together, that no two rows have alike. */
  readonly 'x-unique'?: readonly string[]
}

interface Input {
  readonly path: string
  readonly table: {
    readonly columns: readonly string[]
    readonly rows: readonly Readonly<Record<string, unknown>>[]
    readonly broken?: string
  }
  /** Empty where there is no schema. */
  readonly schema: string
  readonly findings_max: number
}

interface Finding {
  readonly path: string
  /** From 1, the header. */
  readonly line: number
  readonly message: string
}

interface Verdict {
  readonly path: string
  readonly rows: number
  readonly findings: readonly Finding[]
}

export default function judge({ path, table, schema: text, findings_max }: Input): Verdict {
  const { rows, columns, broken } = table
  const findings: Finding[] = []
  const tell = (line: number, message: string): void => {
    if (findings.length < findings_max) findings.push({ path, line, message })
  }
  if (broken !== undefined) tell(1, broken)
  else if (text === '') tell(1, 'there is no schema beside it')
  else {
    const schema = JSON.parse(text) as Schema
    for (const name of schema.required ?? [])
      if (!columns.includes(name)) tell(1, `the column "${name}" is missing`)
    const seen = new Map<string, number>()
    for (const [index, row] of rows.entries()) {
      const line = index + 2
      for (const [name, column] of Object.entries(schema.properties ?? {}))
        for (const message of faultsOf(row[name] ?? null, column))
          tell(line, `"${name}" ${message}`)
      const key = (schema['x-unique'] ?? []).map((name) => JSON.stringify(row[name])).join()
      if (key === '') continue
      const before = seen.get(key)
      if (before === undefined) seen.set(key, line)
      else tell(line, `${key} is in line ${before} already`)
    }
  }
  return { path, rows: rows.length, findings }
}

function faultsOf(value: unknown, column: Column): readonly string[] {
  const types = column.type === undefined ? [] : [column.type].flat()
  if (types.length > 0 && !types.some((type) => isOf(value, type)))
    return [`is ${JSON.stringify(value)}, not ${types.join(' or ')}`]
  if (value === null) return []
  const faults: string[] = []
  if (column.enum !== undefined && !column.enum.includes(value))
    faults.push(`is ${JSON.stringify(value)}, which is not on the list`)
  if (typeof value === 'number') {
    if (column.minimum !== undefined && value < column.minimum)
      faults.push(`is ${value}, less than ${column.minimum}`)
    if (column.maximum !== undefined && value > column.maximum)
      faults.push(`is ${value}, more than ${column.maximum}`)
  }
  const { pattern } = column
  if (pattern !== undefined && typeof value === 'string' && !new RegExp(pattern, 'u').test(value))
    faults.push(`is ${JSON.stringify(value)}, which does not fit ${pattern}`)
  return faults
}

function isOf(value: unknown, type: string): boolean {
  if (type === 'null') return value === null
  if (type === 'integer') return Number.isInteger(value)
  return typeof value === type
}
