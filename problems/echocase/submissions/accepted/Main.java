// Accepted: bytes in, bytes out.
import java.io.IOException;

public class Main {
    public static void main(String[] args) throws IOException {
        byte[] text = System.in.readAllBytes();
        byte[] heard = new byte[text.length];
        int length = 0;
        boolean shouting = false;
        for (byte c : text) {
            if (c == '*') shouting = !shouting;
            else heard[length++] = shouting && c >= 'a' && c <= 'z' ? (byte) (c - 32) : c;
        }
        System.out.write(heard, 0, length);
        System.out.flush();
    }
}
