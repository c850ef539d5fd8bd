// round_trip.cjs URL DATABASE: writes rows, reads them, prints them. One URL for both.
const {InfluxDBClient, Point} = require('@influxdata/influxdb3-client')

async function main([host, database]) {
  const client = new InfluxDBClient({host, database, token: 'any'})
  for (let i = 0; i < 3; ++i) {
    const point = Point.measurement('room').setTag('name', 'kitchen').setIntegerField('people', i)
      .setTimestamp(new Date((1_700_000_000 + i) * 1000))
    await client.write(point)
  }
  for await (const row of client.query('SELECT name, people FROM room ORDER BY time'))
    console.log(`${row.name} ${row.people}`)
  await client.close()
}

main(process.argv.slice(2)).catch(error => {
  console.error(error)
  process.exit(1)
})
