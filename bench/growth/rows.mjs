export const growthRows = []
