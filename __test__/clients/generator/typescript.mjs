// Has everything here use the TypeScript of this package. npm has put its users beside the project's own, which has no such API.

export function resolve(specifier, context, next) {
  return next(specifier, specifier === 'typescript' ? { ...context, parentURL: import.meta.url } : context)
}
