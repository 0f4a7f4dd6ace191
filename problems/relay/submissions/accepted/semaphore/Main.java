import java.io.BufferedReader;
import java.io.InputStreamReader;

/** The number is sent lowest bit first, between a lit and a dark flash. */
public class Main {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    boolean sending = in.readLine().equals("send");
    int k = Integer.parseInt(in.readLine());
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < k; i++) {
      String line = in.readLine();
      out.append(sending ? encode(Integer.parseInt(line)) : Integer.toString(decode(line)));
      out.append('\n');
    }
    System.out.print(out);
  }

  static String encode(int x) {
    StringBuilder flashes = new StringBuilder("o");
    for (int bit = 0; bit < 30; bit++) {
      flashes.append((x >> bit & 1) == 1 ? 'o' : '.');
    }
    return flashes.append('.').toString();
  }

  static int decode(String line) {
    String flashes = line.charAt(0) == 'o' ? line : new StringBuilder(line).reverse().toString();
    int x = 0;
    for (int bit = 0; bit < 30; bit++) {
      if (flashes.charAt(bit + 1) == 'o') {
        x |= 1 << bit;
      }
    }
    return x;
  }
}
