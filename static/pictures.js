// Pictures in the editor: chosen, pasted or dropped. Each is sent, then its description is asked for, and then the line that
// shows it is put in where the cursor was. Without this, the link opens the library in another tab.
(d => {
  const text = d.querySelector("#editor #text"), link = d.querySelector("#pictures")
  if (!text || !link || !window.HTMLDialogElement || !window.htmx) return
  const status = d.querySelector("#picture-status"), say = words => status.textContent = words
  const most = 12 * 1024 * 1024, waiting = []
  let dialog, at = [0, 0], isBusy = false, hasCursor = false

  text.addEventListener("focus", () => hasCursor = true)

  const ways = d.querySelector("#picture-ways")
  ways.textContent = ways.dataset.quick
  const chooser = Object.assign(d.createElement("input"), {type: "file", accept: "image/*", multiple: true})

  // One after the other: where one ends, the next begins.
  const take = files => {
    const pictures = [...files].filter(file => file.type.startsWith("image/"))
    waiting.push(...pictures)
    if (!isBusy) next()
    return pictures.length
  }
  const next = () => {
    const file = waiting.shift()
    if (file) send(file)
  }
  const end = words => {
    isBusy = false
    if (words) say(words)
    next()
  }

  const send = file => {
    isBusy = true
    at = hasCursor ? [text.selectionStart, text.selectionEnd] : [text.value.length, text.value.length]
    if (file.size > most) return refuse(link.dataset.tooLarge)
    const form = new FormData()
    form.append("csrf_token", text.form.elements.csrf_token.value)  // of the session as it is now
    form.append("later", "1")
    form.append("picture", file)
    const request = new XMLHttpRequest()
    request.upload.onprogress = e => {
      const part = Math.floor(100 * e.loaded / e.total)
      say(part < 100 ? link.dataset.sending.replace("#", 10 * Math.floor(part / 10)) : link.dataset.looking)
    }
    post(request, "/desk/pictures/", form)
  }

  // Only our own answers vary by HX-Request: anything else (a proxy's error, a sign-in page) is not shown.
  const post = (request, address, form) => {
    request.onload = () => {
      const isOurs = /HX-Request/i.test(request.getResponseHeader("Vary"))
      if (isOurs && request.status < 500) show(request.responseText)
      else refuse(link.dataset.lost)
    }
    request.onerror = () => refuse(link.dataset.lost)
    request.open("POST", address)
    request.setRequestHeader("HX-Request", "true")
    request.send(form)
  }

  // What was typed into an open dialog stays there.
  const refuse = words => {
    if (!dialog) return end(words)
    const old = dialog.querySelector(".lost"), p = old || (dialog.querySelector("form") || dialog).appendChild(d.createElement("p"))
    p.className = "error lost"
    p.setAttribute("role", "alert")
    p.textContent = words
  }

  const show = html => {
    if (!dialog) {
      dialog = d.body.appendChild(d.createElement("dialog"))
      dialog.addEventListener("close", closed)
      dialog.addEventListener("submit", e => {
        e.preventDefault()
        post(new XMLHttpRequest(), e.target.getAttribute("action"), new FormData(e.target))
      })
      dialog.addEventListener("click", e => e.target.value === "close" && dialog.close())
    }
    dialog.innerHTML = html
    const line = dialog.querySelector("[data-line]")
    if (line) return done(line.dataset.line)
    if (dialog.querySelector("#dialog-heading")) dialog.setAttribute("aria-labelledby", "dialog-heading")
    if (!dialog.querySelector("[value=close]")) {
      const p = dialog.appendChild(d.createElement("p"))
      p.append(Object.assign(d.createElement("button"), {type: "button", value: "close", textContent: link.dataset.close}))
    }
    if (!dialog.open) dialog.showModal()
    const first = dialog.querySelector(".problem") || dialog.querySelector("textarea")
    if (first) first.focus()
  }

  const closed = () => {
    dialog.remove()
    dialog = null
    text.focus()
    end("")
  }

  // As if typed, so that the browser's own undo takes it out again; a picture stands on lines of its own.
  const put = line => {
    const [from, to] = at, before = text.value.slice(0, from), after = text.value.slice(to)
    const lead = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n"
    const trail = !after || after.startsWith("\n\n") ? "" : after.startsWith("\n") ? "\n" : "\n\n"
    text.focus()
    text.setSelectionRange(from, to)
    if (!d.execCommand("insertText", false, lead + line + trail)) {
      text.setRangeText(lead + line + trail, from, to, "end")
      text.dispatchEvent(new Event("input", {bubbles: true}))
    }
  }
  const done = line => {
    const words = link.dataset.done, open = dialog
    dialog = null
    open.removeEventListener("close", closed)
    open.close()
    open.remove()
    put(line)
    end(words)
  }

  link.addEventListener("click", e => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return
    e.preventDefault()
    chooser.value = ""
    chooser.click()
  })
  chooser.addEventListener("change", () => take(chooser.files))
  text.addEventListener("paste", e => {
    const data = e.clipboardData
    if (data && !data.getData("text/plain") && take(data.files)) e.preventDefault()
  })
  text.addEventListener("dragover", e => [...e.dataTransfer.types].includes("Files") && e.preventDefault())
  text.addEventListener("drop", e => e.dataTransfer.files.length && (e.preventDefault(), take(e.dataTransfer.files)))
})(document)
