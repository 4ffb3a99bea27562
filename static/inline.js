// Comes with htmx, once somebody is near what they are for. loader.js, of at most 400 bytes since every reader fetches it,
// waits on each page for the focus, the pointer or a finger to come to a form, a filter or a reply, and then adds the two
// scripts that its own tag names (data-then), once (splice). It does nothing under Save-Data, in browsers that lack `?.`
// (it does not parse) or [].at, which htmx needs. Back to an address that htmx had pushed, after a reload: the browser
// changes the address alone. htmx would see to it; where it is not there yet, loader.js loads the page.

// What htmx does not do by itself: replies under their comment, and a line that breaks while somebody is sending.
(d => {
  htmx.config.history = "reload"

  // "Reply" brings the form under the comment; "Never mind" takes it away. Without this they are plain links.
  d.addEventListener("click", e => {
    const reply = e.target.closest(".thread li > a[href$='/reply']")
    if (!reply || e.ctrlKey || e.metaKey || e.shiftKey) return
    e.preventDefault()
    const open = reply.nextElementSibling
    if (open && open.matches("form")) open.querySelector("textarea").focus()
    else htmx.ajax("GET", reply.getAttribute("href"), {source: reply, target: reply, swap: "afterend"})
  })
  d.addEventListener("click", e => {
    const cancel = e.target.closest(".thread form a.cancel")
    if (!cancel) return
    e.preventDefault()
    const form = cancel.closest("form"), reply = form.previousElementSibling
    form.remove()
    reply.focus()
  })

  // Only our own answers say that they vary by HX-Request. Anything else (a proxy's error, a hotel's sign-in page) is
  // not put in place of what somebody typed.
  const failed = e => {
    const from = e.target.closest("form") || e.target
    if (from.dataset.lost) say(from, from.dataset.lost)
    else if (from.href) location.href = from.href
  }
  const say = (form, words) => {
    form.querySelectorAll(".lost").forEach(old => old.remove())
    const p = d.createElement("p"), button = form.querySelector("p > button")
    p.className = "error lost"
    p.setAttribute("role", "alert")
    p.textContent = words
    if (button) button.parentNode.after(p)
    else form.append(p)
  }
  d.addEventListener("htmx:before:response", e => {
    if (/HX-Request/i.test(e.detail.ctx.response.headers.get("Vary"))) return
    e.preventDefault()
    failed(e)
  })
  d.addEventListener("htmx:error", failed)
})(document)
