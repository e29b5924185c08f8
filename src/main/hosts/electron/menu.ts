/** The menu: what the system itself does, in the person's language. The rooms have their own buttons and keys. */
import { app, Menu } from 'electron'
import type { MenuItemConstructorOptions } from 'electron'
import type { Words } from './words'

export function setMenu(words: Words): void {
  const mac = process.platform === 'darwin'
  const item = (role: MenuItemConstructorOptions['role'], label: string): MenuItemConstructorOptions => ({ role, label })
  const line: MenuItemConstructorOptions = { type: 'separator' }
  const template: MenuItemConstructorOptions[] = [
    ...(mac ? [{ role: 'appMenu' } as MenuItemConstructorOptions] : []),
    { label: words.file, submenu: [mac ? item('close', words.close) : item('quit', words.quit)] },
    {
      label: words.edit,
      submenu: [
        item('undo', words.undo),
        item('redo', words.redo),
        line,
        item('cut', words.cut),
        item('copy', words.copy),
        item('paste', words.paste),
        item('selectAll', words.selectAll),
      ],
    },
    {
      label: words.view,
      submenu: [
        item('reload', words.reload),
        ...(app.isPackaged ? [] : [{ role: 'toggleDevTools' } as MenuItemConstructorOptions]),
        line,
        item('resetZoom', words.actualSize),
        item('zoomIn', words.zoomIn),
        item('zoomOut', words.zoomOut),
        line,
        item('togglefullscreen', words.fullScreen),
      ],
    },
    { label: words.window, submenu: [item('minimize', words.minimize), item('close', words.close)] },
    { label: words.help, role: 'help', submenu: [item('about', words.about)] },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
