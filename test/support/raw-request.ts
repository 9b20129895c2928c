import { once } from 'node:events'
import net from 'node:net'

/** Writes these bytes to a server as they are, and answers everything it says until it closes the connection. */
export async function sendRaw(port: number, bytes: string, { isLast }: { readonly isLast: boolean }): Promise<string> {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  let answer = ''
  socket.on('data', (chunk: Buffer) => {
    answer += chunk.toString()
  })
  socket.write(bytes)
  // The end of our side, as of a client that was cut off; without it the server has to speak first.
  if (isLast) socket.end()
  await once(socket, 'end')
  socket.destroy()
  return answer
}
