/** Does not compile: a lantern is not a number. */
public class Main {
  public static void main(String[] args) {
    int brightness = "lantern";
    System.out.println(brightness);
  }
}
