/**
 * Stands in for the trainer: speaks the same frames, and does what `settings.script` of the run says, one list of acts for each
 * time it is started (counted in the run's folder). Acts: `steps N`, `checkpoint N`, `sample N`, `crash`, `exit N`, `garbage`,
 * `wrong`, `hang`, `wait MS`, `fail CODE`, `starve N` (out of memory with a batch above N), `damaged`, `oom`, `env`, `finish`.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'

const channel = new Socket({ fd: 3 })
const beats = new Socket({ fd: 4 })

function frame(header, body = Buffer.alloc(0)) {
  const head = Buffer.from(JSON.stringify(header))
  const size = Buffer.alloc(8)
  size.writeUInt32LE(head.length, 0)
  size.writeUInt32LE(body.length, 4)
  return Buffer.concat([size, head, body])
}
const tell = (header) => new Promise((done) => channel.write(frame(header), done))

let step = 0
let spec
const sleep = (ms) => new Promise((done) => setTimeout(done, ms))
const end = async (status) => {
  await tell({ type: 'finished', status, step })
  process.exit(0)
}

function saveCheckpoint(at) {
  const folder = join(spec.folder, 'checkpoints', String(at))
  mkdirSync(folder, { recursive: true })
  const { recipe, settings, training, seed } = spec
  const facts = { id: 'fake', version: '1', device: 'CPU', threads: 1, flags: {} }
  const about = {
    formatVersion: 1,
    step: at,
    epoch: at / 10,
    stage: 0,
    stageStep: 0,
    seconds: at,
    seed,
    recipe,
    settings,
    training,
    facts,
  }
  writeFileSync(join(folder, 'state.safetensors'), `state at ${at}`)
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...about, losses: {}, lastParts: {}, sha256: '0' }))
  return { type: 'checkpoint', step: at, seconds: at, folder, bytes: 1 }
}

async function act(line) {
  const [what, value] = line.split(' ')
  const number = Number(value)
  if (what === 'steps') {
    for (let i = 0; i < number; i++) {
      step++
      beats.write(frame({ type: 'heartbeat', step }))
      await tell({ type: 'metrics', rows: [{ step, seconds: step / 100, losses: { loss: 1 / step } }] })
      const progress = {
        epoch: step / 10,
        stage: 'fit',
        seconds: step / 100,
        stepsPerSecond: 100,
        waiting: 0.01,
        secondsLeft: 1,
        totalSteps: 100,
      }
      await tell({ type: 'progress', step, ...progress, losses: { loss: 1 / step } })
    }
  } else if (what === 'checkpoint') await tell(saveCheckpoint(step))
  else if (what === 'sample') {
    const sheet = { name: 'generated', count: 1, columns: 1, width: 8, height: 8 }
    await tell({ type: 'sample', sample: { run: spec.run, step, sheets: [sheet] } })
  } else if (what === 'crash') process.kill(process.pid, 'SIGKILL')
  else if (what === 'exit') process.exit(number)
  else if (what === 'garbage') channel.write('this is no frame at all, and it is long enough to have a length')
  else if (what === 'wrong') await tell({ type: 'hello' })
  else if (what === 'hang') {
    const timer = setInterval(() => beats.write(frame({ type: 'heartbeat', step })), 10)
    await sleep(600_000)
    clearInterval(timer)
  } else if (what === 'fail') await tell({ type: 'failed', code: value, details: { step }, stack: 'Error: as told' })
  else if (what === 'starve') {
    if (spec.training.batchSize <= number) return
    await tell({ type: 'failed', code: 'out-of-memory', details: {}, stack: 'Error: as told' })
    process.exit(1)
  } else if (what === 'damaged') {
    const from = Number(spec.resumeFrom.split(/[\\/]/).at(-1))
    await tell({ type: 'failed', code: 'checkpoint-damaged', details: { step: String(from) }, stack: '' })
    process.exit(1)
  } else if (what === 'oom') {
    process.stderr.write('FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n')
    process.exit(134)
  } else if (what === 'wait') await sleep(number)
  else if (what === 'env') writeFileSync(join(spec.folder, 'env.json'), JSON.stringify(process.env))
  else if (what === 'finish') await end('finished')
}

async function train(command) {
  spec = command.spec
  const counter = join(spec.folder, 'starts')
  const start = existsSync(counter) ? Number(readFileSync(counter, 'utf8')) : 0
  writeFileSync(counter, String(start + 1))
  step = spec.resumeFrom ? Number(spec.resumeFrom.split(/[\\/]/).at(-1)) : 0
  const facts = { id: 'fake', version: '1', device: 'CPU', threads: 1, flags: {} }
  const about = { parameters: 1, totalSteps: 100, step, compiled: false, compileSeconds: 0, exact: true, latentSize: 2 }
  const lines = spec.settings.script[start] ?? ['finish']
  if (lines[0] !== 'damaged') await tell({ type: 'started', facts, ...about })
  for (const line of lines) await act(line)
}

let held = Buffer.alloc(0)
channel.on('data', (chunk) => {
  held = Buffer.concat([held, chunk])
  while (held.length >= 8) {
    const [head, body] = [held.readUInt32LE(0), held.readUInt32LE(4)]
    if (held.length < 8 + head + body) return
    const command = JSON.parse(held.subarray(8, 8 + head))
    held = held.subarray(8 + head + body)
    if (command.type === 'train') void train(command)
    if (command.type === 'pause' || command.type === 'stop') {
      if (spec?.settings.deaf) continue
      if (spec) channel.write(frame(saveCheckpoint(step)))
      void end(command.type === 'pause' ? 'paused' : 'stopped')
    }
    if (command.type === 'quit') process.exit(0)
  }
})
channel.on('close', () => process.exit(0))
void tell({ type: 'ready', pid: process.pid })
