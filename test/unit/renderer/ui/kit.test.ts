// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { StudioError } from '../../../../src/contract/errors'
import { i18n } from '../../../../src/renderer/locales'
import Button from '../../../../src/renderer/ui/Button.vue'
import ErrorNote from '../../../../src/renderer/ui/ErrorNote.vue'
import Field from '../../../../src/renderer/ui/Field.vue'
import NumberField from '../../../../src/renderer/ui/NumberField.vue'
import Progress from '../../../../src/renderer/ui/Progress.vue'
import SheetTile from '../../../../src/renderer/ui/SheetTile.vue'
import { dismissToast, toast, toasts } from '../../../../src/renderer/ui/toasts'

const global = { plugins: [i18n] }
beforeEach(() => {
  i18n.global.locale.value = 'en'
})

describe('NumberField', () => {
  const field = (props: object) => mount(NumberField, { props: { modelValue: 5, min: 1, max: 10, ...props } })

  it('gives each number within its limits', async () => {
    const wrapper = field({})
    await wrapper.get('input').setValue('7')
    expect(wrapper.emitted('update:modelValue')).toEqual([[7]])
  })

  it.each(['', '0', '11', 'x', '2.5'])('refuses %j, says so, and goes back when left', async (text) => {
    const wrapper = field({ integer: true })
    const input = wrapper.get('input')
    await input.setValue(text)
    expect(wrapper.emitted('update:modelValue')).toBeUndefined()
    expect(input.attributes('aria-invalid')).toBe('true')
    expect(wrapper.emitted('invalid')).toEqual([[true]])
    await input.trigger('blur')
    expect(input.element.value).toBe('5')
    expect(wrapper.emitted('invalid')).toEqual([[true], [false]])
  })
})

describe('Progress', () => {
  const bar = (value: number | null) => mount(Progress, { props: { value, label: 'Reading' } }).get('[role=progressbar]')
  it('tells how far it is', () => {
    expect(bar(0.624).attributes('aria-valuenow')).toBe('62')
    expect(bar(1.7).attributes('aria-valuenow')).toBe('100')
  })
  it('does not pretend to know', () => {
    expect(bar(null).attributes('aria-valuenow')).toBeUndefined()
  })
})

describe('SheetTile', () => {
  const style = (index: number, columns: number, count: number) =>
    (mount(SheetTile, { props: { src: '/media/samples/r/1/generated.png', index, columns, count } }).element as HTMLElement).style

  it('shows exactly one tile', () => {
    // 8 columns, 3 rows: tile 11 is the fourth of the second row.
    expect(style(11, 8, 20).backgroundSize).toBe('800% 300%')
    expect(style(11, 8, 20).backgroundPosition).toBe(`${(3 / 7) * 100}% 50%`)
  })
  it('shows a sheet of one', () => {
    expect(style(0, 1, 1).backgroundSize).toBe('100% 100%')
    expect(style(0, 1, 1).backgroundPosition).toBe('0% 0%')
  })
})

describe('Button', () => {
  it('is no submit button unless asked', () => {
    expect(mount(Button).attributes('type')).toBe('button')
  })
  it('refuses while disabled', async () => {
    const wrapper = mount(Button, { props: { disabled: true } })
    await wrapper.trigger('click')
    expect(wrapper.emitted('click')).toBeUndefined()
  })
})

describe('Field', () => {
  it('names its control and says its error instead of its help', async () => {
    const wrapper = mount(Field, {
      props: { label: 'Steps', help: 'How long', error: '' },
      slots: { default: '<template #default="{ id, describedBy }"><input :id="id" :aria-describedby="describedBy"></template>' },
    })
    const id = wrapper.get('input').attributes('id')
    expect(wrapper.get('label').attributes('for')).toBe(id)
    const help = () => wrapper.get(`#${CSS.escape(wrapper.get('input').attributes('aria-describedby')!)}`).text()
    expect(help()).toBe('How long')
    await wrapper.setProps({ error: 'Too long' })
    expect(help()).toBe('Too long')
  })
})

describe('ErrorNote', () => {
  it('says what happened, what to do, and does it', async () => {
    const wrapper = mount(ErrorNote, { props: { error: new StudioError('disk-full'), action: 'Try again' }, global })
    expect(wrapper.attributes('role')).toBe('alert')
    expect(wrapper.text()).toContain('The disk is full.')
    expect(wrapper.text()).toContain('Free some space')
    await wrapper.get('button').trigger('click')
    expect(wrapper.emitted('act')).toHaveLength(1)
  })
})

describe('toast', () => {
  it('leaves by itself, later when there is something to do about it', async () => {
    vi.useFakeTimers()
    toast('plain')
    toast('with a way back', { action: { label: 'Undo', run: () => {} } })
    vi.advanceTimersByTime(5001)
    expect(toasts.value.map((one) => one.text)).toEqual(['with a way back'])
    vi.advanceTimersByTime(5000)
    expect(toasts.value).toEqual([])
    vi.useRealTimers()
    await flushPromises()
  })

  it('never covers the room', () => {
    for (let index = 0; index < 9; index++) toast(String(index))
    expect(toasts.value.length).toBeLessThanOrEqual(4)
    expect(toasts.value.at(-1)!.text).toBe('8')
    for (const one of toasts.value) dismissToast(one.id)
  })
})
