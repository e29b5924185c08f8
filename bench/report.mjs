/** The benchmark's results as a page. */
import { cpus, totalmem } from 'node:os'
import { flops, items } from './work.mjs'

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1]
const geometricMean = (values) => Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

/** Of PyTorch's ways the one that was faster over all rounds, and its time by ours, round by round. */
function compared({ times, sides }) {
  const peers = ['torch', 'torchCompiled'].filter((name) => sides[name]).sort((a, b) => sides[a].median - sides[b].median)
  const own = sides.captured ? 'captured' : 'wasm'
  if (!peers.length || !sides[own]) return null
  const ratios = times[peers[0]].map((ms, round) => ms / times[own][round])
  return { peer: peers[0], own, ratio: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) }
}

const ms = (side) => (side ? side.median.toFixed(1) : '–')
const megabytes = (side) => (side ? Math.round(side.last.peakBytes / 1e6) : '–')

/** What a terminal shows. */
export function summary(results) {
  return Object.fromEntries(
    results.map((result) => [
      result.id,
      {
        ...Object.fromEntries(Object.entries(result.sides).map(([name, side]) => [`${name}, ms`, Number(ms(side))])),
        'torch / ours': Number(compared(result)?.ratio.toFixed(2) ?? NaN),
      },
    ]),
  )
}

function line(result, peak) {
  const { row, sides } = result
  const ratio = compared(result)
  const fastest = sides.captured ?? sides.wasm
  const perSecond = Math.round((1000 * items(row)) / fastest.median)
  const share = flops(row) / fastest.median / 1e6 / peak
  const modes = [...new Set(sides.captured?.last.modes ?? [])].join(', ')
  return [
    row.title,
    sides.captured ? `${ms(sides.captured)} (${modes})` : '–',
    ms(sides.eager),
    ...(sides.wasm ? [ms(sides.wasm)] : []),
    ms(sides.torch),
    ms(sides.torchCompiled),
    ratio ? `**${ratio.ratio.toFixed(2)}** (${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)})` : '–',
    `${perSecond.toLocaleString('en')} ${row.unit}`,
    `${Math.round(100 * share)} %`,
    megabytes(sides.captured),
    megabytes(sides.torch),
  ]
}

const tableRow = (cells) => `| ${cells.join(' | ')} |`

export function markdown(results, { command, rounds, threads }) {
  const peak = Math.max(...results.flatMap(({ peaks }) => peaks))
  const { sides } = results[0]
  const wasm = results.some(({ sides }) => sides.wasm)
  const heads = ['row', 'ours, captured', 'ours, eager', ...(wasm ? ['wasm'] : []), 'PyTorch', 'PyTorch, compiled']
  heads.push('PyTorch / ours', 'a second, ours', 'of peak', 'memory, ours', 'memory, PyTorch')
  const ratios = results.map(compared).filter(Boolean)
  const ways = results.flatMap(({ row, sides }) =>
    ['torch', 'torchCompiled'].filter((name) => sides[name]).map((name) => `${row.title}: ${sides[name].name}`),
  )
  const failures = results.flatMap(({ row, failed }) => failed.map((reason) => `- ${row.title}: ${reason}`))
  return `# Our training steps against PyTorch's

Written by \`${command}\` on ${new Date().toISOString().slice(0, 10)}; the networks are in [table.json](table.json).

- Machine: ${cpus()[0].model.trim()}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB; ${sides.captured?.facts.facts.flags.isa ?? process.arch}; ${threads} threads on each side.
- Versions: TensorFlow ${sides.captured?.facts.facts.version ?? '–'} through Node ${process.versions.node}; PyTorch ${sides.torch?.facts.version ?? '–'}.
- Peak: ${peak.toFixed(0)} GFLOP/s, the fastest 2048 × 2048 matrix product of either side in this session.
- Geometric mean of the ratios: **${geometricMean(ratios.map(({ ratio }) => ratio)).toFixed(2)}**, smallest ${Math.min(...ratios.map(({ ratio }) => ratio)).toFixed(2)}, over ${ratios.length} rows.

${tableRow(heads)}
${tableRow(heads.map((_, i) => (i === 0 ? '---' : '--:')))}
${results.map((result) => tableRow(line(result, peak))).join('\n')}

Milliseconds a step, the median of ${rounds} rounds; each side's turn in a round is its median step. A step is the batch and noise
from the host, every phase's gradients and Adam; losses are read every tenth step. The ratio is the faster way of PyTorch by ours in
the same round: median (smallest, largest). \`plain\` or \`xla\` is what the engine chose by measuring. Of peak: the row's
multiply-adds (convolutions and matrix products alone; ways back count double) in our captured time. Memory is the largest resident
size in MB; PyTorch's counts whatever its wheel loads at the start. A GAN's players draw noise of their own (Goodfellow et al. 2014,
algorithm 1), VAE-GAN's three phases follow each other; both sides compute the same.

PyTorch was asked eagerly and compiled, where it matters with \`channels_last\` and with Adam \`fused\`; taken was

${ways.map((way) => `- ${way}`).join('\n')}
${failures.length ? `\nWhat did not work:\n\n${failures.join('\n')}\n` : ''}`
}
