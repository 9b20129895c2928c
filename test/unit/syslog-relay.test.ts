import { expect, it } from 'vitest'
import { MessageQueue } from '../../scripts/syslog/message-queue'
import type { PostOutcome } from '../../scripts/syslog/post-batch'
import { Relay } from '../../scripts/syslog/relay'

/** A relay whose posts answer as they are told, and take what they are told to take. */
function world(outcomes: PostOutcome[], bytesMax = 100_000) {
  const queue = new MessageQueue(bytesMax)
  const posts: { readonly texts: string[]; readonly batchId: string }[] = []
  const waits: number[] = []
  const said: string[] = []
  const relay = new Relay({
    queue,
    post: async (messages, batchId) => {
      posts.push({ texts: messages.map(String), batchId })
      return outcomes.shift() ?? { kind: 'taken', rejected: 0 }
    },
    wait: async (ms) => void waits.push(ms),
    say: (sentence) => said.push(sentence),
    now: () => new Date(0),
    onRoom: () => {},
  })
  return { queue, relay, posts, waits, said }
}

const again = (afterMs?: number): PostOutcome => ({ kind: 'again', reason: '503', afterMs })

it('tries a batch under the same name until it is taken, and waits as long as it is told', async () => {
  const { queue, relay, posts, waits } = world([again(), again(2000), again()])
  queue.add(Buffer.from('<13>a'))
  await relay.handOn()
  expect(posts.map(({ texts }) => texts)).toEqual([['<13>a'], ['<13>a'], ['<13>a'], ['<13>a']])
  expect(new Set(posts.map(({ batchId }) => batchId)).size).toBe(1)
  expect(waits).toEqual([100, 2000, 400])
  expect(queue.count).toBe(0)
})

it('tells what it had to drop as a record, and what was refused', async () => {
  const { queue, relay, posts, said } = world([{ kind: 'refused', reason: '413 too large' }])
  queue.add(Buffer.from('<13>a'))
  relay.lose('no room', 3)
  await relay.handOn()
  expect(posts[0].texts[1]).toMatch(/lost="3"\] 3 messages were lost: no room$/)
  expect(posts[1].texts).toHaveLength(1)
  expect(posts[1].texts[0]).toContain('2 messages were lost: the service refused them')
  expect(said.join()).toContain('413 too large')
  expect(relay.lossesInWords()).toBeUndefined()
})

it('holds no more than there is room for, and says at its end what is left', () => {
  const { queue, relay } = world([], 1000)
  let taken = 0
  while (queue.add(Buffer.alloc(100))) taken++
  expect(taken).toBe(4)
  expect(queue.hasRoom).toBe(false)
  relay.lose('no room', 1)
  expect(relay.lossesInWords()).toBe('1 messages lost: no room; 4 messages lost: the service did not take them in time')
})

it('makes batches by number and by bytes, and always of one message at least', () => {
  const queue = new MessageQueue(100_000)
  for (let n = 0; n < 10; n++) queue.add(Buffer.alloc(100))
  expect(queue.peek(3, 10_000)).toHaveLength(3)
  expect(queue.peek(10, 250)).toHaveLength(2)
  expect(queue.peek(10, 10)).toHaveLength(1)
  queue.drop(9)
  expect(queue.peek(10, 10_000)).toHaveLength(1)
})
