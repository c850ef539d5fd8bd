// round_trip URL DATABASE [FILE of trusted certificates]: writes rows, reads them, prints them. One URL for both.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/InfluxCommunity/influxdb3-go/v2/influxdb3"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	config := influxdb3.ClientConfig{Host: os.Args[1], Database: os.Args[2], Token: "any"}
	if len(os.Args) > 3 {
		config.SSLRootsFilePath = os.Args[3]
	}
	client, err := influxdb3.New(config)
	must(err)
	defer client.Close()
	for i := range int64(3) {
		point := influxdb3.NewPoint("room", map[string]string{"name": "kitchen"}, map[string]any{"people": i},
			time.Unix(1_700_000_000+i, 0))
		must(client.WritePoints(context.Background(), []*influxdb3.Point{point}))
	}
	rows, err := client.Query(context.Background(), "SELECT name, people FROM room ORDER BY time")
	must(err)
	for rows.Next() {
		fmt.Println(rows.Value()["name"], rows.Value()["people"])
	}
	must(rows.Err())
}
