"""What goes on in a shop, whatever its design: pieces in stock, a purchase, the life of an order, a rival buyer."""
