/** The parts of chart.js that the studio uses, registered once; what is not named here is not in the page. */
import {
  Chart,
  Decimation,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  type Plugin,
} from 'chart.js'

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Decimation)

export interface Crosshair {
  /** Step under the pointer, and the moment that the samples show. */
  hover: number | null
  moment: number | null
  hoverColour: string
  momentColour: string
}

/** Vertical lines at steps. Reads its state anew in each drawing, so moving a line needs no update of the data. */
export function crosshair(state: () => Crosshair): Plugin<'line'> {
  return {
    id: 'crosshair',
    afterDatasetsDraw(chart) {
      const { hover, moment, hoverColour, momentColour } = state()
      const { ctx, chartArea } = chart
      const line = (step: number | null, colour: string, dash: number[]): void => {
        if (step === null) return
        const x = chart.scales.x!.getPixelForValue(step)
        if (x < chartArea.left - 1 || x > chartArea.right + 1) return
        ctx.save()
        ctx.beginPath()
        ctx.setLineDash(dash)
        ctx.moveTo(x, chartArea.top)
        ctx.lineTo(x, chartArea.bottom)
        ctx.lineWidth = 1
        ctx.strokeStyle = colour
        ctx.stroke()
        ctx.restore()
      }
      line(moment, momentColour, [3, 3])
      line(hover, hoverColour, [])
    },
  }
}

export { Chart }
