declare module '*.md?raw' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: this is what Vite makes of ?raw.
  export default text
}
