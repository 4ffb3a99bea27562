// Going through a queue by keys. Each person's own stand in the page (data-keys); where they are off nothing listens.
// Without this script every act is a button or a box on the page.

(d => {
  const note = d.getElementById("keys"), said = d.getElementById("said")
  const keys = JSON.parse(note.dataset.keys || "{}"), dialog = d.getElementById("all-keys"), decided = []
  let last, wanted

  // A row is open until it is decided; one whose decision is on its way is passed over.
  const isOpen = row => !row.matches(".done, [aria-busy]")
  const rows = () => [...d.querySelectorAll("main .decide")]
  const row = () => d.activeElement.closest(".decide") || (d.activeElement === d.body && last?.isConnected && last)
  const focus = to => {
    if (!to.matches("a, .decide")) to.tabIndex = -1
    to.focus({preventScroll: true})
    to.scrollIntoView({block: "nearest"})
  }

  // From a row to the next that is open. After the last of a page: to the link to the next page, one press away, or back
  // to what was passed over.
  const go = (from, step) => {
    const all = rows(), at = all.indexOf(from)
    const to = step > 0 ? all.slice(at + 1) : all.slice(0, Math.max(at, 0)).reverse()
    return to.find(isOpen) || (step > 0 && d.querySelector("main [rel=next]"))
  }
  const leave = from => focus(go(from, 1) || rows().find(isOpen) || d.querySelector("h1"))
  const step = by => {
    const to = row() ? go(row(), by) : rows().find(isOpen)
    if (to) focus(to)
  }

  // Nothing is decided before a comment has the focus: the first press goes to one.
  const decide = act => {
    const here = row(), button = here && isOpen(here) && here.querySelector(`.decide > .actions [value=${act}]`)
    if (!here || !isOpen(here)) return step(1)
    if (!button) return
    if (act === "reject") {  // it opens a form, which does not wait in line
      button.form.removeAttribute("data-hx-sync")
      return button.click()
    }
    button.click()
    leave(here)
  }
  const newest = () => decided.splice(0).filter(row => row.matches?.(".done") && row.isConnected && decided.push(row)).at(-1)
  const undo = () => {
    const here = row(), from = here && here.matches(".done") ? here : newest() || d.querySelector("#decided .done")
    if (!from) return
    wanted = from.id
    from.querySelector("button").click()
  }
  const acts = {
    next: () => step(1), previous: () => step(-1), undo,
    approve: () => decide("approve"), reject: () => decide("reject"), spam: () => decide("spam"),
    open: () => row() && open(row().querySelector(".note a").href, "_blank", "noopener"),
    choose: () => row() ? row().querySelector("[name=chosen]")?.click() : step(1),
    search: () => d.getElementById("q").select(), help: () => dialog.showModal(),
  }

  // Never in a field (a box to tick is none), and never with a modifier: Shift is one where a letter is meant, and part
  // of the key otherwise.
  d.addEventListener("keydown", e => {
    const key = e.key.toLowerCase(), field = e.target.closest?.("input:not([type=checkbox]), textarea, select")
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || dialog.open) return
    if (e.key === "Escape" && !e.target.matches("textarea")) return row() && row().querySelector(".actions a.button")?.click()
    if (field?.name === "rule") {  // in the list of rules its number chooses one
      const rule = [...field.form.querySelectorAll("[type=radio]")].find(each => each.value === key)
      if (rule) rule.focus()
      rule?.click()
    }
    const act = Object.keys(keys).find(each => keys[each] === key)
    if (field || !act || (e.shiftKey && key !== e.key.toUpperCase()) || (e.repeat && !/next|prev/.test(act))) return
    e.preventDefault()
    acts[act]()
  })
  d.addEventListener("focusin", e => last = e.target.closest(".decide") || last)

  // What comes in place of a row takes the focus only where it still was, so that nobody is torn out of another one.
  d.addEventListener("htmx:after:request", ({detail: {ctx}}) => {
    ctx.had = ctx.target.contains(d.activeElement) || d.activeElement === d.body
    const isDone = /^\s*<article class="decide done/.test(ctx.text)
    if (isDone || !(ctx.had || ctx.target.id === wanted)) ctx.text = ctx.text.replace(/ autofocus/g, "")
  })
  d.addEventListener("htmx:after:swap", ({detail: {ctx}}) => {
    const to = d.getElementById(ctx.target.id)
    if (!to?.matches(".decide")) return
    show(to)
    if (to.id === wanted) wanted = ""
    if (!to.matches(".done")) return
    decided.push(to)
    said.textContent = `${to.querySelector("div > p").textContent} ${d.querySelector("h1").textContent}`
    if (ctx.had) leave(to)
  })
  // What was decided goes out before anybody leaves by a link: what stands in line would stay here, undecided.
  const isBusy = () => d.querySelector(".decide[aria-busy]")
  let leaving
  d.addEventListener("click", e => {
    const link = e.target.closest("a[href]:not([data-hx-get], [target])")
    if (!link || !isBusy() || e.ctrlKey || e.metaKey || e.shiftKey) return
    e.preventDefault()
    leaving = link
  })
  d.addEventListener("htmx:config:request", ({detail: {ctx: {sourceElement: from}}}) => {
    if (from.matches("form[data-hx-sync]")) from.closest(".decide").setAttribute("aria-busy", "true")
  })
  d.addEventListener("htmx:finally:request", e => {
    e.target.closest?.(".decide")?.removeAttribute("aria-busy")
    if (e.detail.ctx.status !== "swapped") leaving = null  // what went wrong is said here
    else if (!isBusy()) leaving?.click()
  })

  // The keys on the buttons, since here they work.
  const show = inside => inside.querySelectorAll(".decide > .actions button").forEach(button => {
    const key = keys[button.value || (button.closest(".done") && "undo")]
    if (!key) return
    button.setAttribute("aria-keyshortcuts", key)
    const kbd = Object.assign(d.createElement("kbd"), {textContent: key, ariaHidden: "true"})
    button.append(" ", kbd)
  })
  show(d)
  note.hidden = false
  note.querySelector("button")?.addEventListener("click", acts.help)

  // "All on this page" ticks them, and leaves the rest to them.
  const all = d.querySelector("[name=all]")
  if (all) {
    all.name = ""
    all.addEventListener("change", () => d.querySelectorAll("[name=chosen]").forEach(box => box.checked = all.checked))
  }
})(document)
