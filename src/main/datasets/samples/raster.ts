/** A small painter: flat shapes with smooth edges on an RGB picture. The same bytes on every machine: no library, no fonts. */

export type Colour = readonly [red: number, green: number, blue: number]
type Point = readonly [x: number, y: number]
/** Where a drawing's units are on the picture: x' = a·x + c·y + e, y' = b·x + d·y + f. */
export type Placing = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** An outline in the drawing's units: lines and curves, closed when filled. */
export class Path {
  readonly points: Point[] = []

  static at(x: number, y: number): Path {
    const path = new Path()
    path.points.push([x, y])
    return path
  }

  static ellipse(x: number, y: number, rx: number, ry: number): Path {
    // Four cubic curves come within 0.03 % of an ellipse with this.
    const k = 0.5523
    return Path.at(x + rx, y)
      .curve(x + rx, y + k * ry, x + k * rx, y + ry, x, y + ry)
      .curve(x - k * rx, y + ry, x - rx, y + k * ry, x - rx, y)
      .curve(x - rx, y - k * ry, x - k * rx, y - ry, x, y - ry)
      .curve(x + k * rx, y - ry, x + rx, y - k * ry, x + rx, y)
  }

  line(x: number, y: number): this {
    this.points.push([x, y])
    return this
  }

  /** A quadratic curve over one control point. */
  bend(cx: number, cy: number, x: number, y: number): this {
    const [x0, y0] = this.points.at(-1)!
    return this.curve(x0 + (2 / 3) * (cx - x0), y0 + (2 / 3) * (cy - y0), x + (2 / 3) * (cx - x), y + (2 / 3) * (cy - y), x, y)
  }

  /** A cubic curve over two control points. */
  curve(ax: number, ay: number, bx: number, by: number, x: number, y: number): this {
    const [x0, y0] = this.points.at(-1)!
    const steps = 12
    for (let n = 1; n <= steps; n++) {
      const t = n / steps
      const u = 1 - t
      const [p, q, r, s] = [u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t]
      this.points.push([p * x0 + q * ax + r * bx + s * x, p * y0 + q * ay + r * by + s * y])
    }
    return this
  }
}

export class Canvas {
  /** RGB, 0 to 255, [size, size, 3] */
  private readonly colours: Float32Array
  /** Signed area that edges leave to the right of them, [size, size + 1]; summed along a row it is the coverage. */
  private readonly area: Float32Array
  private placing: Placing = [1, 0, 0, 1, 0, 0]

  constructor(
    readonly size: number,
    ground: Colour,
  ) {
    this.colours = new Float32Array(size * size * 3)
    for (let at = 0; at < this.colours.length; at += 3) this.colours.set(ground, at)
    this.area = new Float32Array(size * (size + 2))
  }

  place(placing: Placing): void {
    this.placing = placing
  }

  private placed({ points }: Path): Point[] {
    const [a, b, c, d, e, f] = this.placing
    return points.map(([x, y]) => [a * x + c * y + e, b * x + d * y + f])
  }

  /** Fills an outline; `opacity` from 0 to 1. */
  fill(path: Path, colour: Colour, opacity = 1): void {
    const points = this.placed(path)
    points.forEach((from, n) => this.edge(from, points[(n + 1) % points.length]!))
    const { size, area } = this
    const { left, top, right, bottom } = this.box(points, 0)
    for (let y = top; y < bottom; y++) {
      let sum = 0
      for (let x = left; x < right; x++) {
        sum += area[y * (size + 2) + x]!
        const coverage = Math.min(1, Math.abs(sum)) * opacity
        if (coverage > 0.002) this.blend(x, y, colour, coverage)
      }
      area.fill(0, y * (size + 2), (y + 1) * (size + 2))
    }
  }

  /** Adds one edge's exact areas (the accumulation of font-rs: each pixel gets the part that lies to the right of the edge). */
  private edge([x0, y0]: Point, [x1, y1]: Point): void {
    if (y0 === y1) return
    const direction = y0 < y1 ? 1 : -1
    const [topX, topY, bottomX, bottomY] = y0 < y1 ? [x0, y0, x1, y1] : [x1, y1, x0, y0]
    const slope = (bottomX - topX) / (bottomY - topY)
    const { size, area } = this
    const clamp = (x: number) => Math.min(Math.max(x, 0), size)
    for (let row = Math.max(0, Math.floor(topY)); row < Math.min(size, Math.ceil(bottomY)); row++) {
      const [from, to] = [Math.max(row, topY), Math.min(row + 1, bottomY)]
      const height = (to - from) * direction
      const [xa, xb] = [clamp(topX + (from - topY) * slope), clamp(topX + (to - topY) * slope)]
      const [left, right] = xa < xb ? [xa, xb] : [xb, xa]
      const span = right - left
      // What lies right of the edge, from the row's start to x, as an area: none before it, all behind it.
      const rightOf = (x: number) => (x <= left ? 0 : x >= right ? x - right + span / 2 : ((x - left) * (x - left)) / (2 * span))
      let before = 0
      for (let x = Math.floor(left); x <= Math.ceil(right); x++) {
        const covered = rightOf(x + 1) - rightOf(x)
        area[row * (size + 2) + x]! += height * (covered - before)
        before = covered
      }
    }
  }

  /** Draws a line of the given width with round ends along an open outline. */
  stroke(path: Path, width: number, colour: Colour, opacity = 1): void {
    const points = this.placed(path)
    const [a, b] = this.placing
    const radius = (width * Math.sqrt(a * a + b * b)) / 2
    const { left, top, right, bottom } = this.box(points, radius + 1)
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        let nearest = Infinity
        for (let n = 1; n < points.length; n++) {
          const distance = squaredDistance(x + 0.5, y + 0.5, points[n - 1]!, points[n]!)
          if (distance < nearest) nearest = distance
        }
        // A line thinner than a pixel is paler, not broken.
        const coverage = Math.min(1, 2 * radius, Math.max(0, radius + 0.5 - Math.sqrt(nearest))) * opacity
        if (coverage > 0.002) this.blend(x, y, colour, coverage)
      }
    }
  }

  /** The pixels that can be touched by points and what is `around` them. */
  private box(points: Point[], around: number) {
    let [left, top, right, bottom] = [this.size, this.size, 0, 0]
    for (const [x, y] of points) {
      left = Math.min(left, x)
      top = Math.min(top, y)
      right = Math.max(right, x)
      bottom = Math.max(bottom, y)
    }
    return {
      left: Math.max(0, Math.floor(left - around)),
      top: Math.max(0, Math.floor(top - around)),
      right: Math.min(this.size, Math.ceil(right + around)),
      bottom: Math.min(this.size, Math.ceil(bottom + around)),
    }
  }

  private blend(x: number, y: number, colour: Colour, coverage: number): void {
    const at = (y * this.size + x) * 3
    const { colours } = this
    colours[at]! += (colour[0] - colours[at]!) * coverage
    colours[at + 1]! += (colour[1] - colours[at + 1]!) * coverage
    colours[at + 2]! += (colour[2] - colours[at + 2]!) * coverage
  }

  /** u8 [size, size, 3] */
  pixels(): Uint8Array {
    return new Uint8Array(Uint8ClampedArray.from(this.colours))
  }
}

/** From (x, y) to the segment between a and b. Plain numbers: this runs millions of times a set. */
function squaredDistance(x: number, y: number, a: Point, b: Point): number {
  const ax = a[0]
  const ay = a[1]
  const dx = b[0] - ax
  const dy = b[1] - ay
  const length = dx * dx + dy * dy
  let t = length === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / length
  if (t < 0) t = 0
  else if (t > 1) t = 1
  const ex = x - ax - t * dx
  const ey = y - ay - t * dy
  return ex * ex + ey * ey
}
