/** The code of every block of shell commands on a page. */
export const shellBlocksIn = (page: string): string[] =>
  Array.from(page.matchAll(/^```sh\n([\s\S]*?)^```$/gm), ([, code]) => code)

/** The commands of a block, one a line; a backslash at the end of a line goes on in the next. */
export const commandsIn = (block: string): string[] =>
  block
    .replaceAll('\\\n', '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
