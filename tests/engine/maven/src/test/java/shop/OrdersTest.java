package shop;

import static org.junit.Assert.assertEquals;

import java.math.BigDecimal;
import java.util.List;
import org.junit.Test;

public class OrdersTest {
    @Test
    public void totalIsTheSumOfAllItems() {
        var tea = new Order.Item("tea", 3, new BigDecimal("2.50"));
        assertEquals(new BigDecimal("7.50"), Orders.total(new Order("Ada", List.of(tea))));
    }
}
