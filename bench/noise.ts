import { parentPort, workerData } from 'node:worker_threads'
import { postPaced } from './http-load.ts'
import type { Noise, NoiseRound } from './noisy-neighbour.ts'

// The thread of the noisy tenant: sends a round when it is told to, and answers what became of it.

const { target, bodies }: Noise = workerData

parentPort?.on('message', async (round: NoiseRound) => {
  parentPort?.postMessage(await postPaced(target, bodies, round))
})
