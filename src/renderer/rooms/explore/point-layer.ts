/** Draws many points with WebGL2, or on a plain canvas where there is none. Our own, because the page's policy forbids eval. */
import type { Size, View } from './viewport'

type Rgba = readonly [red: number, green: number, blue: number, alpha: number]
interface Style {
  /** Diameter in screen pixels. */
  size: number
  plain: Rgba
  marked: Rgba
}

export interface PointLayer {
  /** `points`: x0 y0 x1 y1 …; `marks`: one byte a point, 1 is drawn in the other colour and on top. */
  setPoints(points: Float32Array, marks: Uint8Array | null): void
  /** Draws at most `limit` points, an even choice of all. `ratio`: device pixels a screen pixel. */
  draw(view: View, size: Size, ratio: number, style: Style, limit: number): void
  release(): void
}

/**
 * An order in which every beginning is an even choice of the whole: steps of the golden ratio around the list, with a stride that
 * shares no divisor with its length, so each index comes once.
 */
function evenOrder(count: number): Uint32Array {
  const order = new Uint32Array(count)
  if (!count) return order
  const divisor = (a: number, b: number): number => (b ? divisor(b, a % b) : a)
  let stride = Math.max(1, Math.round(count * 0.6180339887))
  while (divisor(stride, count) !== 1) stride++
  for (let i = 0, at = 0; i < count; i++, at = (at + stride) % count) order[i] = at
  return order
}

/** Points as x y mark in even order: one buffer for both kinds of drawing. */
function inOrder(points: Float32Array, marks: Uint8Array | null): Float32Array<ArrayBuffer> {
  const order = evenOrder(points.length / 2)
  const data = new Float32Array(order.length * 3)
  order.forEach((from, to) => {
    data[3 * to] = points[2 * from]!
    data[3 * to + 1] = points[2 * from + 1]!
    data[3 * to + 2] = marks?.[from] ?? 0
  })
  return data
}

const VERTEX = `#version 300 es
in vec3 point;
uniform vec3 view;
uniform vec2 half_size;
uniform float point_size;
uniform float pass;
void main() {
  gl_Position = point.z == pass ? vec4((point.xy - view.xy) * view.z / half_size, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = point_size;
}`
const FRAGMENT = `#version 300 es
precision highp float;
uniform vec4 colour;
uniform float point_size;
out vec4 result;
void main() {
  float away = length(gl_PointCoord - 0.5) * point_size;
  float cover = clamp(point_size * 0.5 - away + 0.25, 0.0, 1.0) * colour.a;
  if (cover <= 0.0) discard;
  result = vec4(colour.rgb * cover, cover);
}`

/** WebGL2 when it is there, else the plain canvas. `lost` is called when the driver took the context away and gave it back. */
export function createPointLayer(canvas: HTMLCanvasElement, lost: () => void): PointLayer {
  const gl = canvas.getContext('webgl2', {
    antialias: false,
    alpha: true,
    premultipliedAlpha: true,
    powerPreference: 'low-power',
  })
  return gl ? glLayer(canvas, gl, lost) : flatLayer(canvas)
}

function compile(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram()
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type)!
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
    gl.deleteShader(shader)
  }
  gl.bindAttribLocation(program, 0, 'point')
  gl.linkProgram(program)
  return program
}

function glLayer(canvas: HTMLCanvasElement, gl: WebGL2RenderingContext, lost: () => void): PointLayer {
  let data = new Float32Array(0)
  let marked = false
  let ready: ReturnType<typeof prepare> | null = null

  function prepare() {
    const program = compile(gl)
    const buffer = gl.createBuffer()
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW)
    gl.enableVertexAttribArray(0)
    gl.vertexAttribPointer(0, 3, gl.FLOAT, false, 0, 0)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
    const place = (name: string): WebGLUniformLocation | null => gl.getUniformLocation(program, name)
    return {
      program,
      buffer,
      view: place('view'),
      half: place('half_size'),
      pointSize: place('point_size'),
      pass: place('pass'),
      colour: place('colour'),
    }
  }
  const onLost = (event: Event): void => {
    event.preventDefault()
    ready = null
  }
  const onRestored = (): void => {
    ready = prepare()
    lost()
  }
  canvas.addEventListener('webglcontextlost', onLost)
  canvas.addEventListener('webglcontextrestored', onRestored)
  ready = prepare()

  return {
    setPoints(points, marks) {
      data = inOrder(points, marks)
      marked = marks?.includes(1) ?? false
      if (ready) gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW)
    },
    draw(view, size, ratio, style, limit) {
      if (!ready) return
      gl.viewport(0, 0, canvas.width, canvas.height)
      gl.clearColor(0, 0, 0, 0)
      gl.clear(gl.COLOR_BUFFER_BIT)
      gl.useProgram(ready.program)
      gl.uniform3f(ready.view, view.x, view.y, view.scale)
      gl.uniform2f(ready.half, size.width / 2, size.height / 2)
      gl.uniform1f(ready.pointSize, style.size * ratio)
      for (const pass of marked ? [0, 1] : [0]) {
        gl.uniform1f(ready.pass, pass)
        gl.uniform4f(ready.colour, ...(pass ? style.marked : style.plain))
        gl.drawArrays(gl.POINTS, 0, Math.min(limit, data.length / 3))
      }
    },
    release() {
      canvas.removeEventListener('webglcontextlost', onLost)
      canvas.removeEventListener('webglcontextrestored', onRestored)
      if (ready) {
        gl.deleteProgram(ready.program)
        gl.deleteBuffer(ready.buffer)
      }
      ready = null
      // Browsers allow few contexts; a room that was left must not hold one until the collector comes.
      gl.getExtension('WEBGL_lose_context')?.loseContext()
    },
  }
}

/** More points than this take too long without a GPU's interface. */
const FLAT_LIMIT = 10_000

function flatLayer(canvas: HTMLCanvasElement): PointLayer {
  const context = canvas.getContext('2d')
  let data = new Float32Array(0)
  return {
    setPoints: (points, marks) => (data = inOrder(points, marks)),
    draw(view, size, ratio, style, limit) {
      if (!context) return
      context.setTransform(ratio, 0, 0, ratio, 0, 0)
      context.clearRect(0, 0, size.width, size.height)
      const count = Math.min(limit, FLAT_LIMIT, data.length / 3)
      for (const pass of [0, 1]) {
        const [red, green, blue, alpha] = pass ? style.marked : style.plain
        context.fillStyle = `rgb(${red * 255} ${green * 255} ${blue * 255} / ${alpha})`
        for (let i = 0; i < count; i++) {
          if (data[3 * i + 2] !== pass) continue
          const x = size.width / 2 + (data[3 * i]! - view.x) * view.scale
          const y = size.height / 2 - (data[3 * i + 1]! - view.y) * view.scale
          if (x < 0 || y < 0 || x > size.width || y > size.height) continue
          context.beginPath()
          context.arc(x, y, style.size / 2, 0, 2 * Math.PI)
          context.fill()
        }
      }
    },
    release: () => (data = new Float32Array(0)),
  }
}
