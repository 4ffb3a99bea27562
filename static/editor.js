// The editor of posts, beside htmx: the toolbar, and that nothing typed is lost. Without it the page is a plain form.

(d => {
  const form = d.querySelector("#editor"), draft = form && form.querySelector("[data-beat]")
  if (!window.htmx || !draft) return
  const text = form.elements.text, words = [form.elements.title, form.elements.summary, text]
  const $ = selector => d.querySelector(selector)

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
    else if ($(to)) $(to).click()
    else text.focus()
  }

  // One stop for Tab; within it the arrows lead on. Ctrl or Cmd with b, i, k; unless somebody has switched that off, since
  // their screen reader needs these keys, say.
  const bar = $("[data-tools]"), keys = make("input", "", {type: "checkbox", checked: localStorage["opm:keys"] !== "off"})
  if (bar) {
    const tools = JSON.parse(bar.dataset.tools), label = make("label", ` ${bar.nextElementSibling.dataset.keys}`)
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
  }

  // What was typed goes to the site by itself. Where it does not get there, this browser keeps it.
  const key = `opm:${form.getAttribute("action")}`, plain = form.querySelectorAll("[data-plain]")
  let typed = 0, kept = 0, sent = 0, more = false
  plain.forEach(button => button.hidden = true)
  const keepHere = () => {
    try { localStorage[key] = JSON.stringify([new Date().toLocaleString(), ...words.map(field => field.value)]) } catch {}
  }
  form.addEventListener("input", e => words.includes(e.target) ? typed++ : more = e.target !== keys || more)
  form.addEventListener("submit", () => { kept = typed; more = false })
  draft.addEventListener("htmx:before:request", () => sent = typed)
  const lost = () => {
    keepHere()
    $("#status").innerHTML = "<p class=error></p>"
    $("#status p").textContent = say.textContent = draft.dataset.lost
  }
  draft.addEventListener("htmx:error", lost)
  draft.addEventListener("htmx:after:request", e => {
    const {ok, headers} = e.detail.ctx.response.raw || e.detail.ctx.response
    if (!/HX-Request/i.test(headers.get("Vary"))) lost()
    else if (ok) {
      kept = Math.max(kept, sent)
      if (kept === typed) localStorage.removeItem(key)
    } else keepHere()
  })
  const beat = () => d.visibilityState === "visible" && htmx.ajax("POST", draft.formAction, {
    source: form, target: "#status",
    values: {csrf_token: form.elements.csrf_token.value, revision: form.elements.revision.value, beat: 1},
  })
  setInterval(beat, 60000)
  d.addEventListener("visibilitychange", () => {
    if (d.visibilityState === "visible") beat()
    else if (typed > kept) {
      keepHere()  // who knows whether it gets there
      navigator.sendBeacon(draft.formAction, new FormData(form))
    }
  })
  addEventListener("beforeunload", e => (typed > kept || more) && e.preventDefault())

  // What a screen reader should hear: only what is new, and matters.
  const say = $("#say")
  d.addEventListener("htmx:after:swap", () => {
    const now = $("#status [data-say]")?.dataset.say || ""
    if (say.textContent !== now) say.textContent = now
  })

  // What this browser kept is offered, and gone once it is there.
  const copy = $("#copy"), [at, ...then] = JSON.parse(localStorage[key] || "[]")
  if (at && words.some((field, n) => field.value !== then[n])) {
    const answer = (words, act) => {
      const button = make("button", words, {type: "button", className: "quiet"})
      button.addEventListener("click", () => { act(); copy.replaceChildren(); copy.className = ""; text.focus() })
      return button
    }
    const both = make("p", "", {className: "bar"})
    both.append(answer(copy.dataset.back, () => {
      words.forEach((field, n) => field.value = then[n])
      text.dispatchEvent(new Event("input", {bubbles: true}))
    }), answer(copy.dataset.away, () => localStorage.removeItem(key)))
    copy.className = "notice"
    copy.append(make("p", `${copy.dataset.say} ${at}.`), both)
  } else localStorage.removeItem(key)
  if (draft.dataset.unsaved) text.dispatchEvent(new Event("input", {bubbles: true}))
  beat()
})(document)
