package lambdaimage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that grow: a request's head, or JSON as it is written. Kept from one invocation to the next while small. */
final class Bytes {
    byte[] array;
    int length;

    Bytes(int capacity) {
        array = new byte[capacity];
    }

    void need(int more) {
        if (length + more > array.length) {
            array = Arrays.copyOf(array, Math.max(2 * array.length, length + more));
        }
    }

    Bytes add(int one) {
        if (length == array.length) {
            need(1);
        }
        array[length++] = (byte) one;
        return this;
    }

    Bytes add(byte[] bytes, int offset, int count) {
        need(count);
        System.arraycopy(bytes, offset, array, length, count);
        length += count;
        return this;
    }

    /** Text of which each character is one byte. */
    @SuppressWarnings("deprecation") // of all ways the one that copies nothing twice
    Bytes latin(String text) {
        int count = text.length();
        need(count);
        text.getBytes(0, count, array, length);
        length += count;
        return this;
    }

    byte[] copy() {
        return Arrays.copyOf(array, length);
    }

    @Override
    public String toString() {
        return new String(array, 0, length, StandardCharsets.ISO_8859_1);
    }
}
