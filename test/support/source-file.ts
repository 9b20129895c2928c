import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
// Vite comes with vitest. It has the one parser here that knows TypeScript and can be asked for the tree.
import { parseSync } from 'vite'
import * as z from 'zod'

const ROOT = path.resolve(import.meta.dirname, '../..')

/** A node of the syntax tree: what all of them have, and whatever members theirs are. */
const Node = z.looseObject({ type: z.string(), start: z.number() })
export type Node = z.infer<typeof Node>

export interface Import {
  /** A path from the repository's root without its extension, or a package. */
  readonly target: string
  /** Gone when the program runs. */
  readonly isTypeOnly: boolean
  readonly names: readonly string[]
}

export interface SourceFile {
  /** From the repository's root. */
  readonly path: string
  readonly text: string
  readonly nodes: readonly Node[]
  readonly imports: readonly Import[]
}

/** All TypeScript below some folders, parsed. */
export const readSourceFiles = (...folders: readonly string[]): SourceFile[] =>
  folders.flatMap(filesBelow).sort().map(parseFile)

/** All folders below some folders. */
export const foldersBelow = (...folders: readonly string[]): string[] =>
  folders.flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !path.join(entry.parentPath, entry.name).includes('node_modules'))
      .map(({ name }) => name),
  )

/** A file of the repository as text. */
export const readText = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8')

/** Where a node stands, as editors open it. */
export const placeOf = ({ path: file, text }: SourceFile, { start }: Node): string =>
  `${file}:${text.slice(0, start).split('\n').length}`

/** A member of a node that is a node itself. */
export const childOf = (node: Node, member: string): Node | undefined => Node.safeParse(node[member]).data

/** `Date.now` for the expression `Date.now`, undefined for what is no name with a member. */
export function memberPath(node: Node): string | undefined {
  if (node.type !== 'MemberExpression') return undefined
  const names = [childOf(node, 'object')?.name, childOf(node, 'property')?.name]
  return names.every((name) => typeof name === 'string') ? names.join('.') : undefined
}

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join(folder, name.replaceAll(path.sep, '/')))
}

const parseFile = (file: string): SourceFile => parseSource(file, readText(file))

/** A file as it would be read, from its text. */
export function parseSource(file: string, text: string): SourceFile {
  const { program, errors } = parseSync(file, text, { lang: 'ts' })
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`)
  const nodes = nodesBelow(program)
  return { path: file, text, nodes, imports: nodes.flatMap((node) => importOf(file, node)) }
}

function nodesBelow(value: unknown): Node[] {
  if (Array.isArray(value)) return value.flatMap(nodesBelow)
  if (typeof value !== 'object' || value === null) return []
  const own = 'type' in value && 'start' in value ? [Node.parse(value)] : []
  return [...own, ...Object.values(value).flatMap(nodesBelow)]
}

const Specifier = z.object({ importKind: z.string().optional(), imported: z.object({ name: z.string() }).optional() })

const ImportNode = z.object({
  type: z.enum([
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
    'TSImportType',
  ]),
  source: z.object({ value: z.string() }),
  importKind: z.string().optional(),
  exportKind: z.string().optional(),
  specifiers: z.array(Specifier).default([]),
})

function importOf(file: string, node: Node): Import[] {
  const { data } = ImportNode.safeParse(node)
  if (!data) return []
  const { type, source, importKind, exportKind, specifiers } = data
  const isTypeOnly =
    type === 'TSImportType' ||
    importKind === 'type' ||
    exportKind === 'type' ||
    (specifiers.length > 0 && specifiers.every((one) => one.importKind === 'type'))
  const names = specifiers.flatMap(({ imported }) => imported?.name ?? [])
  return [{ target: targetOf(file, source.value), isTypeOnly, names }]
}

const targetOf = (file: string, specifier: string): string =>
  specifier.startsWith('.')
    ? path.posix.join(path.posix.dirname(file), specifier).replace(/\.(ts|json)$/, '')
    : specifier
