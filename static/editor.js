// The editor of posts and pages, beside htmx: that nothing typed is lost. Without it the page is a plain form.

(d => {
  const form = d.querySelector("#editor"), draft = form && form.querySelector("[data-beat]")
  if (!window.htmx || !draft) return
  const text = form.elements.text, words = draft.dataset.beat.split(" ").map(name => form.elements[name])
  const $ = selector => d.querySelector(selector)

  const make = (tag, words, more) => Object.assign(d.createElement(tag), {textContent: words}, more)

  // The list of known tags goes on after each comma.
  const tags = form.elements.tags, known = [...d.querySelectorAll("#tags-known option")].map(o => [o, o.value])
  if (tags) tags.addEventListener("input", () => {
    const before = tags.value.replace(/[^,]*$/, "")
    known.forEach(([option, name]) => option.value = before && before + " " + name || name)
  })

  // What was typed goes to the site by itself. Where it does not get there, this browser keeps it.
  const key = `opm:${form.getAttribute("action")}`, plain = form.querySelectorAll("[data-plain]")
  let typed = 0, kept = 0, sent = 0, more = false
  plain.forEach(button => button.hidden = true)
  const keepHere = () => {
    const now = [new Date().toLocaleString(), ...words.map(field => field.value)]
    if (typed > kept) try { localStorage[key] = JSON.stringify(now) } catch {}
  }
  form.addEventListener("input", e => words.includes(e.target) ? typed++ : more = e.target.id !== "keys" || more)
  form.addEventListener("submit", () => { keepHere(); kept = typed; more = false })
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
  const copy = $("#copy"), copyOf = key => JSON.parse(localStorage[key] || "[]"), [at, ...then] = copyOf(key)
  const squeezed = said => said.replace(/\s+/g, " ").trim()  // the site tidies blanks up
  const isHere = (said, n) => squeezed(words[n].value) === squeezed(said)
  if (at && !then.every(isHere)) {
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
  const begun = `opm:${draft.dataset.begun}`  // where this page was a new one; what it left empty there was made here
  if (copyOf(begun).slice(1).every((said, n) => !said || isHere(said, n))) localStorage.removeItem(begun)
  if (draft.dataset.unsaved) text.dispatchEvent(new Event("input", {bubbles: true}))
  beat()
})(document)
