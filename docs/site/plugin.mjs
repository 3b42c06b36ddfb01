// What TypeDoc cannot know by itself: the titles of the pages, the names of the entry points, and the chapters of the declarations.

import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Comment, CommentTag, Converter, ReflectionKind, RendererEvent } from 'typedoc'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const declarations = join(root, 'index.d.ts')
const entities = join(root, 'endpoints.d.ts')

const MODULES = { index: 'tradovate-session', sandbox: 'tradovate-session/sandbox' }

/** The chapters of index.d.ts, `// ── Title: more ──`, each with the number of the line after which it begins. */
function readChapters() {
  const lines = readFileSync(declarations, 'utf8').split('\n')
  const chapters = lines.flatMap((line, i) => {
    const [, title] = line.match(/^\/\/ ── (.+?)(?:: .*)? ─+$/) ?? []
    return title ? [{ line: i, title }] : []
  })
  if (chapters.length === 0) throw new Error('index.d.ts has no chapters.')
  return chapters
}

function putInto(category, reflection) {
  const commented = reflection.signatures?.[0] ?? reflection
  commented.comment ??= new Comment()
  commented.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: category }]))
}

/** Puts each thing that index.d.ts exports into the chapter in which it is declared. */
function putIntoChapters(context, module) {
  const chapters = readChapters()
  for (const reflection of module.children) {
    const [declaration] = context.getSymbolFromReflection(reflection).declarations
    const file = declaration.getSourceFile()
    const { line } = file.getLineAndCharacterOfPosition(declaration.getStart())
    const chapter = chapters.findLast(({ line: first }) => first < line)?.title
    putInto(file.fileName === entities ? "Tradovate's entities" : chapter, reflection)
  }
}

/** Lists the operations once, by what they are about: `POST order/placeorder` under order. */
function sortOperations(project, module) {
  const documented = module.getChildByName(['DocumentedEndpoints'])
  for (const operation of documented.children) putInto(operation.name.match(/ (.+?)\//)[1], operation)
  const all = module.getChildByName(['Endpoints'])
  for (const operation of [...all.children]) project.removeReflection(operation)
}

/** The heading of a page, without what follows a colon. */
function titleOf(document) {
  const text = document.content.map(part => part.text).join('')
  const [, title] = text.match(/^# ([^:\n]+)/m) ?? []
  if (!title) throw new Error(`The page ${document.name} has no title.`)
  return title.replaceAll('`', '')
}

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, context => {
    const { project } = context
    for (const document of project.documents) document.name = basename(document.name)
    for (const module of project.getChildrenByKind(ReflectionKind.Module)) {
      if (module.name === 'index') {
        putIntoChapters(context, module)
        sortOperations(project, module)
      }
      module.name = MODULES[module.name]
    }
  })
  // Only now, so that the addresses of the pages are made of the names of their files.
  app.renderer.on(RendererEvent.BEGIN, ({ project }) => {
    for (const document of project.documents) document.name = titleOf(document)
  })
}
