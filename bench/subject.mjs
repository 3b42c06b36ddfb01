// A fresh process for one run of one subject: does the job that it is given, and prints the figures as its last line.

const job = JSON.parse(process.argv[2])
const { measure } = await import(`./measure/${job.measure}.mjs`)
console.log(JSON.stringify(await measure(job)))
process.exit()
