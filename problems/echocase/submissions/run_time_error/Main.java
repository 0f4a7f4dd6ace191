// Run-time error from case 16 on: an exception when the last shout has no end.
import java.nio.charset.StandardCharsets;

public class Main {
    public static void main(String[] args) throws Exception {
        String text = new String(System.in.readAllBytes(), StandardCharsets.ISO_8859_1);
        StringBuilder heard = new StringBuilder();
        int at = 0;
        for (int star; (star = text.indexOf('*', at)) >= 0;) {
            int end = text.indexOf('*', star + 1);
            heard.append(text, at, star).append(text.substring(star + 1, end).toUpperCase());
            at = end + 1;
        }
        System.out.print(heard.append(text.substring(at)));
    }
}
