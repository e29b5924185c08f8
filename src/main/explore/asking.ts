/** A trainer that answers questions before a training starts, and stays up while the wizard's form is being changed. */
import type { Command, EngineChoice } from '../../contract/trainer'
import { exitError, startTrainer, toldError, type TrainerOptions, type TrainerProcess } from '../runs/trainer-process'

/** A command that is answered once, by `result` or `call-failed`. */
type Question = Extract<Command, { type: 'describe' | 'classes' | 'vary' }>
type Unnumbered<One> = One extends Question ? Omit<One, 'id'> : never

const IDLE_MS = 30_000
const ANSWER_MS = 60_000

export interface Asking {
  /** The answer, or the error that the trainer told or ended with. `engine`: what it is started for. */
  ask(question: Unnumbered<Question>, engine: EngineChoice): Promise<unknown>
  close(): Promise<void>
}

export function createAsking({ home, command }: Pick<TrainerOptions, 'home' | 'command'>): Asking {
  const calls = new Map<number, { asked: TrainerProcess; resolve: (answer: unknown) => void; reject: (error: Error) => void }>()
  let trainer: TrainerProcess | null = null
  let startedWith = ''
  let idle: NodeJS.Timeout | undefined
  let nextId = 1

  /** The running trainer, or a new one where there is none or it was started for another engine. */
  function running(engine: EngineChoice): TrainerProcess {
    const key = JSON.stringify(engine)
    if (trainer && key === startedWith) return trainer
    void quit()
    startedWith = key
    const mine = startTrainer({
      home,
      engine,
      command,
      onEvent(event) {
        if (!('id' in event) || event.type === 'call-progress') return
        const call = calls.get(event.id)
        if (event.type === 'result') call?.resolve(event.result)
        else call?.reject(toldError(event))
        calls.delete(event.id)
      },
    })
    void mine.exited.then((exit) => {
      if (trainer === mine) trainer = null
      for (const [id, call] of calls) {
        if (call.asked !== mine) continue
        call.reject(exitError(exit))
        calls.delete(id)
      }
    })
    return (trainer = mine)
  }

  async function quit(): Promise<void> {
    clearTimeout(idle)
    const old = trainer
    if (!old) return
    old.send({ type: 'quit' })
    const impatient = setTimeout(() => old.kill('SIGKILL'), 3000)
    await old.exited
    clearTimeout(impatient)
  }

  return {
    async ask(question, engine) {
      const id = nextId++
      const answer = Promise.withResolvers<unknown>()
      clearTimeout(idle)
      const asked = running(engine)
      calls.set(id, { asked, ...answer })
      const late = setTimeout(() => asked.kill('SIGKILL'), ANSWER_MS)
      asked.send({ ...question, id } as Question)
      try {
        return await answer.promise
      } finally {
        clearTimeout(late)
        idle = setTimeout(() => void (calls.size === 0 && quit()), IDLE_MS)
        idle.unref()
      }
    },
    close: quit,
  }
}
