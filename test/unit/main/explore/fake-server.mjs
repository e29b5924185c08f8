/**
 * Stands in for the trainer in `serve` mode: latents of two numbers, pictures of 2×2 grey pixels. A picture encodes to its first
 * two pixels / 255, a latent decodes to (z0, z1, z0, z1) × 255; the run `runtold` is told the tags of its version, `runsaid` the
 * same two words; they become the last two pixels. Notes each start in `starts` beside the version.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'

const channel = new Socket({ fd: 3 })
let spec

function tell(header, body = Buffer.alloc(0)) {
  const head = Buffer.from(JSON.stringify(header))
  const size = Buffer.alloc(8)
  size.writeUInt32LE(head.length, 0)
  size.writeUInt32LE(body.length, 4)
  channel.write(Buffer.concat([size, head, body]))
}
const floats = (values) => Buffer.from(new Float32Array(values).buffer)
const read = (bytes) => [...new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))]
const encode = (pixels) =>
  Array.from({ length: pixels.length / 4 }, (_, i) => [pixels[i * 4] / 255, pixels[i * 4 + 1] / 255]).flat()

const isTold = () => spec.run === 'runtold' || spec.run === 'runsaid'

const calls = {
  encode: (_, body) => [{}, floats(encode(body))],
  decode: ({ count }, body) => {
    const z = read(body)
    const rows = z.length > count * 2 ? z.slice(count * 2) : z
    const pixels = []
    for (let i = 0; i < count * 2; i += 2) pixels.push(z[i], z[i + 1], rows[i], rows[i + 1])
    return [{}, Buffer.from(pixels.map((value) => Math.round(Math.min(1, Math.max(0, value)) * 255)))]
  },
  prior: ({ count, seed, tags = [] }) => {
    const latents = Array.from({ length: count * 2 }, (_, i) => ((i + seed) % 10) / 10)
    // What goes with the chosen tags is the second one.
    const rows = Array.from({ length: isTold() ? count : 0 }, () => [Number(tags.includes('bright')), 1]).flat()
    return [{}, floats([...latents, ...rows])]
  },
  'encode-all': ({ file }, _, id) => {
    const data = readFileSync(join(spec.version, 'data.bin'))
    tell({ type: 'call-progress', id, done: 1, total: data.length / 4 })
    writeFileSync(file, floats(encode(data)))
    return [{}]
  },
  map: ({ points, directions }) => {
    const pack = JSON.parse(readFileSync(join(spec.version, 'pack.json'), 'utf8'))
    writeFileSync(points, floats(Array.from({ length: pack.items * 2 }, (_, i) => i)))
    const all = [
      { vector: [1, 0], spread: 0.5, explained: 0.75 },
      { vector: [0, 1], spread: 0.25, explained: 0.25 },
    ]
    return [{ mean: [0.5, 0.5], axes: [[1, 0], [0, 1]], explained: 1, directions: all.slice(0, directions) }] // prettier-ignore
  },
  nearest: ({ latents, count }, body) => {
    const [all, [x, y]] = [read(readFileSync(latents)), read(body)]
    const distances = Array.from({ length: all.length / 2 }, (_, i) => ({ i, d: Math.hypot(all[i * 2] - x, all[i * 2 + 1] - y) }))
    const best = distances.sort((a, b) => a.d - b.d).slice(0, count)
    return [{ indices: best.map(({ i }) => i), distances: best.map(({ d }) => d) }]
  },
  // The odder, the brighter the first pixel; the model draws every picture black.
  score: ({ count }, body, id) => {
    tell({ type: 'call-progress', id, done: count / 2, total: count })
    appendFileSync(join(spec.version, 'scored'), `${count}\n`)
    return [{}, floats(Array.from({ length: count }, (_, i) => body[i * 4] + body[i * 4 + 1] / 100))]
  },
  redraw: (_, body) => [{}, Buffer.alloc(body.length)],
  quality: ({ count, seed }, _, id) => {
    tell({ type: 'call-progress', id, done: 1, total: 2 })
    appendFileSync(join(spec.version, 'measured'), `${count}\n`)
    const settings = { count, k: 5, seed, real: 'held-out', repeated: 1 }
    const none = { spaces: [], classifier: null, kinds: null, nearest: null, latents: null }
    return [{ formatVersion: 1, settings, ...none }, Buffer.alloc(8, 1)]
  },
  evaluate: () => [{ items: 2, metrics: { elbo: -1, mse: 0.01 }, pcaMse: 0.02 }],
  'export-onnx': ({ folder }) => {
    writeFileSync(join(folder, 'decoder.onnx'), 'decoder')
    writeFileSync(join(folder, 'encoder.onnx'), 'encoder')
    return [{ files: ['decoder.onnx', 'encoder.onnx'], maxDifference: 1e-6, checked: 'opened again and compared' }]
  },
  write: ({ count, seed, boldness }) => [
    { texts: Array.from({ length: count }, (_, i) => `${seed}.${i} ${JSON.stringify(boldness)}`) },
  ],
  'evaluate-texts': ({ count, boldness }) => {
    appendFileSync(join(spec.version, 'measured'), `${count}\n`)
    const scores = { bleu: { 2: 0.5 }, selfBleu: { 2: 0.4 }, distinct: { 1: 0.3 } }
    const settings = { count, references: 2, kind: 'held-out', seed: 0, boldness }
    const texts = { formatVersion: 1, settings, made: scores, real: scores }
    return [{ items: 2, metrics: { nll: 1, perplexity: Math.E, nats: 4 }, texts }]
  },
  'export-safetensors': ({ folder }) => {
    if (spec.run === 'runtexts') {
      writeFileSync(join(folder, 'model.safetensors'), 'weights')
      return [{ files: ['model.safetensors'], maxDifference: 0, checked: 'opened again and compared' }]
    }
    writeFileSync(join(folder, 'half'), 'x')
    throw Object.assign(new Error('differs'), { code: 'export-differs', details: { difference: 0.5 } })
  },
}

channel.on('close', () => process.exit(0))
let held = Buffer.alloc(0)
channel.on('data', (chunk) => {
  held = Buffer.concat([held, chunk])
  while (held.length >= 8) {
    const [head, body] = [held.readUInt32LE(0), held.readUInt32LE(4)]
    if (held.length < 8 + head + body) return
    const command = JSON.parse(held.subarray(8, 8 + head))
    hear(command, Buffer.from(held.subarray(8 + head, 8 + head + body)))
    held = held.subarray(8 + head + body)
  }
})

function hear(command, body) {
  if (command.type === 'quit') process.exit(0)
  if (command.type === 'describe') {
    tell({
      type: 'result',
      id: command.id,
      result: {
        parameters: 7,
        memoryBytes: 28,
        networks: [{ name: 'decoder', parameters: 7 }],
        settings: { batchSize: command.training.batchSize, stored: command.stored, room: command.room },
        defaults: {},
        fit: 'fits',
        short: null,
        remedies: { batchSize: null, size: null },
      },
    })
  }
  if (command.type === 'serve') {
    spec = command.spec
    appendFileSync(join(spec.version, 'starts'), `${spec.run} ${command.state.split(/[\\/]/).at(-1)}\n`)
    const facts = { id: 'fake', version: '1', device: 'CPU', threads: 1, flags: {} }
    const about = { parameters: 1, totalSteps: null, step: 1, compiled: false, compileSeconds: 0, exact: true }
    const latentSize = spec.run === 'runtexts' ? null : 2
    const conditions = {
      runtold: { by: 'tags', tags: ['bright', 'rare'], groups: [] },
      runsaid: { by: 'text', words: ['bright', 'rare'] },
    }
    const condition = conditions[spec.run] ?? null
    tell({ type: 'started', facts, ...about, latentSize, condition })
  }
  if (command.type === 'call') {
    const { id, call } = command
    // A seed that stands for an accident.
    if (call.seed === 666) process.kill(process.pid, 'SIGKILL')
    if (call.seed === 777) return
    try {
      const [result, bytes] = calls[call.method](call, body, id)
      tell({ type: 'result', id, result }, bytes)
    } catch (error) {
      tell({ type: 'call-failed', id, code: error.code, details: error.details ?? {}, stack: error.stack })
    }
  }
}
