// Better Auth in Express, with and without its cache in a cookie; PEER says which.
import { randomBytes } from 'node:crypto'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { fromNodeHeaders } from 'better-auth/node'
import express from 'express'
import pg from 'pg'

const { DATABASE, PEER, PORT } = process.env
const url = new URL(DATABASE)
const options = {
  baseURL: `http://127.0.0.1:${PORT}`,
  secret: randomBytes(32).toString('base64'),
  database: new pg.Pool({
    host: url.searchParams.get('host'),
    user: url.searchParams.get('user'),
    database: url.pathname.slice(1)
  }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  session: { cookieCache: { enabled: PEER === 'better_cached', maxAge: 300 } }
}
const auth = betterAuth(options)
const { runMigrations } = await getMigrations(options)
await runMigrations()
const app = express()

async function hand (response, made) {
  for (const cookie of made.headers.getSetCookie()) response.append('Set-Cookie', cookie)
  response.send('done')
}
app.get('/', async (request, response) => {
  const found = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) })
  response.type('text/plain').send(found?.user.name ?? 'nobody')
})
app.post('/login', async (request, response) => {
  const name = request.query.user
  const body = { name, email: `${name}@example.org`, password: 'correct horse battery staple' }
  await hand(response, await auth.api.signUpEmail({ body, asResponse: true }))
})
app.post('/logout', async (request, response) => {
  const headers = fromNodeHeaders(request.headers)
  await hand(response, await auth.api.signOut({ headers, asResponse: true }))
})
app.listen(Number(PORT), '127.0.0.1')
