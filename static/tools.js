// The toolbar over a Markdown text. It makes its buttons itself, so that nothing is shown which would not work.

(d => {
  const bar = d.querySelector("[data-tools]"), text = d.querySelector("#text")
  if (!bar) return

  // Putting something into the text, so that the browser's own undo takes it out again.
  const put = (from, to, what, start, end = start) => {
    text.focus()
    text.setSelectionRange(from, to)
    if (!d.execCommand(what ? "insertText" : "delete", false, what)) {
      text.setRangeText(what, from, to, "end")
      text.dispatchEvent(new Event("input", {bubbles: true}))
    }
    text.setSelectionRange(start, end)
  }

  // **Bold** and *italic*: around what is selected, or off again.
  const around = (mark, otherwise) => {
    const [from, to] = [text.selectionStart, text.selectionEnd], n = mark.length, all = text.value
    const said = all.slice(from, to) || otherwise
    const isIn = (a, b) => all.slice(a - n, a) === mark && all.slice(b, b + n) === mark && all[a - n - 1] !== mark[n - 2]
    if (isIn(from, to)) put(from - n, to + n, all.slice(from, to), from - n, to - n)
    else put(from, to, mark + said + mark, from + n, from + n + said.length)
  }

  // A link: around words that are selected, or before them where they are an address. What is to be typed is selected.
  const link = otherwise => {
    const [from, to] = [text.selectionStart, text.selectionEnd], said = text.value.slice(from, to)
    const isAddress = /^(https?:\/\/|\/)\S+$/.test(said)
    const [name, address] = isAddress ? [otherwise, said] : [said || otherwise, "https://"]
    const start = from + (isAddress || !said ? 1 : name.length + 3)
    put(from, to, `[${name}](${address})`, start, start + (isAddress || !said ? name : address).length)
  }

  // Headings, lists and quotes: before each line that is selected, or off again.
  const before = mark => {
    const all = text.value, from = all.lastIndexOf("\n", text.selectionStart - 1) + 1
    const ends = all.indexOf("\n", text.selectionEnd), to = ends < 0 ? all.length : ends
    const lines = all.slice(from, to).split("\n"), isOn = lines.every(line => line.startsWith(mark))
    const changed = lines.map(line => isOn ? line.slice(mark.length) : mark + line).join("\n")
    put(from, to, changed, lines.length > 1 ? from : from + changed.length, from + changed.length)
  }

  const make = (tag, words, more) => Object.assign(d.createElement(tag), {textContent: words}, more)
  const press = ({around: mark, words, before: start, link: name, to}) => {
    if (mark) around(mark, words)
    else if (start) before(start)
    else if (name) link(name)
    else d.querySelector(to).click()
  }

  // One stop for Tab; within it the arrows lead on. Ctrl or Cmd with b, i, k; unless somebody has switched that off, since
  // their screen reader needs these keys, say.
  const keys = make("input", "", {id: "keys", type: "checkbox", checked: localStorage["opm:keys"] !== "off"})
  const tools = JSON.parse(bar.dataset.tools).filter(({to}) => !to || d.querySelector(to))
  const label = make("label", ` ${bar.nextElementSibling.dataset.keys}`)
  const buttons = tools.map((tool, n) => make("button", tool.name, {type: "button", tabIndex: n ? -1 : 0}))
  buttons.forEach((button, n) => {
    const {around: mark, key} = tools[n]
    if (mark) button.dataset.mark = mark
    if (key) button.setAttribute("aria-keyshortcuts", `Control+${key} Meta+${key}`)
    button.addEventListener("click", () => press(tools[n]))
    button.addEventListener("focus", () => buttons.forEach(other => other.tabIndex = other === button ? 0 : -1))
  })
  bar.append(...buttons)
  bar.addEventListener("keydown", e => {
    const at = buttons.indexOf(d.activeElement), last = buttons.length - 1
    const to = {ArrowRight: at < last ? at + 1 : 0, ArrowLeft: at ? at - 1 : last, Home: 0, End: last}[e.key]
    if (to === undefined) return
    e.preventDefault()
    buttons[to].focus()
  })
  label.prepend(keys)
  bar.nextElementSibling.append(label)
  keys.addEventListener("change", () => localStorage["opm:keys"] = keys.checked ? "on" : "off")
  text.addEventListener("keydown", e => {
    const tool = (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && keys.checked &&
      tools.find(({key}) => key === e.key.toLowerCase())
    if (!tool) return
    e.preventDefault()
    press(tool)
  })
})(document)
