/** The real trainer, as main starts it: built, in a process of its own, spoken to over its pipes. */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import { encodeFrame, FrameReader } from '../../../src/contract/frames'
import { TrainerEvent, type Call, type Command } from '../../../src/contract/trainer'
import { nodeProgram, program } from '../../../src/main/programs'

interface Answer {
  result: unknown
  body: Uint8Array
}

export interface Child {
  readonly process: ChildProcess
  readonly events: TrainerEvent[]
  readonly beats: TrainerEvent[]
  readonly exited: Promise<{ code: number | null; signal: string | null }>
  send(command: Command, body?: Uint8Array): void
  /** The first event (past or to come) that fits. Rejects when the program ends without it. */
  event(fits: (event: TrainerEvent) => boolean): Promise<TrainerEvent>
  call(call: Call, body?: Uint8Array): Promise<Answer>
  /** Closes our ends of its pipes, as when main dies. */
  abandon(): void
}

export function startChild(): Child {
  const child = spawn(nodeProgram(), [program('trainer')], { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] })
  const events: TrainerEvent[] = []
  const beats: TrainerEvent[] = []
  const waiting = new Set<() => void>()
  const bodies = new Map<TrainerEvent, Uint8Array>()
  let over = false
  let stderr = ''
  child.stderr!.on('data', (text) => (stderr += String(text)))
  const channel = child.stdio[3] as Duplex
  const listen = (stream: Readable, into: TrainerEvent[]) => {
    const reader = new FrameReader(({ header, body }) => {
      const event = TrainerEvent.parse(header)
      into.push(event)
      bodies.set(event, body)
      for (const check of waiting) check()
    })
    stream.on('data', (chunk: Uint8Array) => reader.push(chunk))
    stream.on('error', () => {})
  }
  listen(channel, events)
  listen(child.stdio[4] as Readable, beats)
  const exited = new Promise<{ code: number | null; signal: string | null }>((done) =>
    child.on('close', (code, signal) => {
      over = true
      for (const check of waiting) check()
      done({ code, signal })
    }),
  )
  const event = (fits: (event: TrainerEvent) => boolean) =>
    new Promise<TrainerEvent>((done, fail) => {
      const check = () => {
        const found = events.find(fits)
        if (!found && !over) return
        waiting.delete(check)
        if (found) done(found)
        else fail(new Error(`the trainer ended: ${JSON.stringify(events.at(-1))}\n${stderr}`))
      }
      waiting.add(check)
      check()
    })
  let nextId = 1
  const send = (command: Command, body?: Uint8Array) => void channel.write(encodeFrame(command, body))
  return {
    process: child,
    events,
    beats,
    exited,
    send,
    event,
    async call(call, body) {
      const id = nextId++
      send({ type: 'call', id, call }, body)
      const answer = await event((one) => 'id' in one && one.id === id && one.type !== 'call-progress')
      if (answer.type === 'call-failed') throw Object.assign(new Error(answer.stack), { code: answer.code })
      return { result: (answer as { result: unknown }).result, body: bodies.get(answer)! }
    },
    abandon: () => {
      channel.destroy()
      ;(child.stdio[4] as Readable).destroy()
    },
  }
}
