// What a manual, or a comment in a declaration, links to, and what can be linked to in it.

const LINK = /(\[(?:[^[\]]|\[[^\]]*\])*\])\(([^)\s]+)\)/g
const CODE = /^( *\*? *)(```|~~~).*?^\1\2[^\n]*$|`[^`\n]*`/gms

/** The targets of all links and images, but for those in code. */
export function linksOf(text) {
  return [...text.replace(CODE, '').matchAll(LINK)].map(([, , target]) => target)
}

/** The anchors of the headings, as repositories show them: small letters, hyphens for spaces, a number for the second of a name. */
export function anchorsOf(text) {
  const anchors = new Set()
  for (const [, heading] of text.replace(/^(```|~~~).*?^\1[^\n]*$/gms, '').matchAll(/^#{1,6} +(.+?)#* *$/gm)) {
    const plain = heading.replace(LINK, '$1').toLowerCase()
    const slug = plain
      .replace(/(?<!\w)_|_(?!\w)/g, '')
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-')
    let anchor = slug
    for (let i = 1; anchors.has(anchor); i++) anchor = `${slug}-${i}`
    anchors.add(anchor)
  }
  return anchors
}

const CLONE_ONLY = /^<!-- clone -->\n.*?^<!-- \/clone -->\n+/gms

/**
 * The text for a package: without what stands between `<!-- clone -->` and `<!-- /clone -->`, and with the links to files that `isThere`
 * denies led to `addressOf(file)`. Where that is undefined they are put in words: `[what](file)` becomes what (`file`).
 */
export function forPackage(text, { isThere, addressOf }) {
  return text
    .replace(CLONE_ONLY, '')
    .split(/(^(?:```|~~~).*?^(?:```|~~~)[^\n]*$)/ms)
    .map((part, i) => {
      if (i % 2 === 1) return part
      return part.replace(LINK, (link, label, target) => {
        const [path, anchor] = target.split('#')
        if (path === '' || /^\w+:/.test(path) || isThere(path)) return link
        const address = addressOf(path)
        if (address) return `${label}(${address}${anchor === undefined ? '' : `#${anchor}`})`
        const words = label.slice(1, -1)
        return words === path ? `\`${path}\`` : `${words} (\`${path}\`)`
      })
    })
    .join('')
}
