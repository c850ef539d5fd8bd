// RoundTrip URL DATABASE [FILE of trusted certificates]: writes rows, reads them, prints them. One URL for both.
import com.influxdb.v3.client.InfluxDBClient;
import com.influxdb.v3.client.Point;
import com.influxdb.v3.client.config.ClientConfig;
import java.time.Instant;
import java.util.List;

public class RoundTrip {
  public static void main(String[] arguments) throws Exception {
    ClientConfig.Builder config = new ClientConfig.Builder()
        .host(arguments[0]).token("any".toCharArray()).database(arguments[1]);
    if (arguments.length > 2) config.sslRootsFilePath(arguments[2]);
    try (InfluxDBClient client = InfluxDBClient.getInstance(config.build())) {
      for (int i = 0; i < 3; ++i) {
        client.writePoint(Point.measurement("room").setTag("name", "kitchen").setField("people", (long) i)
            .setTimestamp(Instant.ofEpochSecond(1_700_000_000 + i)));
      }
      try (var rows = client.query("SELECT name, people FROM room ORDER BY time")) {
        List<Object[]> all = rows.toList();
        for (Object[] row : all) System.out.println(row[0] + " " + row[1]);
      }
    }
  }
}
