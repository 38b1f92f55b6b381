// Express: nothing, and express-session with its rows in PostgreSQL; PEER says which.
import connectPg from 'connect-pg-simple'
import express from 'express'
import session from 'express-session'
import pg from 'pg'

const { DATABASE, PEER, PORT } = process.env
const app = express()

if (PEER === 'express_session') {
  const Store = connectPg(session)
  const url = new URL(DATABASE)
  const pool = new pg.Pool({
    host: url.searchParams.get('host'),
    user: url.searchParams.get('user'),
    database: url.pathname.slice(1)
  })
  app.use(session({
    store: new Store({ pool, createTableIfMissing: true }),
    secret: 'k'.repeat(32),
    resave: false,
    saveUninitialized: false
  }))
}
app.get('/', (request, response) => {
  response.type('text/plain').send(PEER === 'nothing' ? '42' : request.session.user ?? 'nobody')
})
app.post('/login', (request, response) => {
  request.session.user = request.query.user
  response.send('in')
})
app.post('/logout', (request, response) => {
  request.session.destroy(() => response.send('out'))
})
app.listen(Number(PORT), '127.0.0.1')
