"""The style of the exercise's own text: declarative_base, Column, defaults in Python, nullable flags, naive times.

What models can't say (the stock that leaves with an order) is DDL that runs after the tables were made.
"""

import enum
from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    DDL,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Enum,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import backref, declarative_base, relationship

Base = declarative_base()


class OrderStatus(enum.Enum):
    PENDING = "pending"
    PAID = "paid"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


class MovementType(enum.Enum):
    ADDITION = "addition"
    SALE = "sale"
    ADJUSTMENT = "adjustment"


class User(Base):
    __tablename__ = "users"

    id = Column(Integer, primary_key=True)
    email = Column(String(255), unique=True, nullable=False, index=True)
    password_hash = Column(String(255), nullable=False)
    first_name = Column(String(100))
    last_name = Column(String(100))
    is_active = Column(Boolean, default=True)
    is_verified = Column(Boolean, default=False)
    created_at = Column(DateTime, default=datetime.now)
    updated_at = Column(DateTime, default=datetime.now, onupdate=datetime.now)


class Category(Base):
    __tablename__ = "categories"

    id = Column(Integer, primary_key=True)
    name = Column(String(100), nullable=False)
    parent_id = Column(Integer, ForeignKey("categories.id"), index=True)
    children = relationship("Category", backref=backref("parent", remote_side=[id]))


class Product(Base):
    __tablename__ = "products"
    __table_args__ = (CheckConstraint("price >= 0"),)

    id = Column(Integer, primary_key=True)
    name = Column(String(255), nullable=False, index=True)
    description = Column(Text)
    price = Column(Numeric(10, 2), nullable=False, default=Decimal(0))
    sku = Column(String(100), unique=True, nullable=False)
    category_id = Column(Integer, ForeignKey("categories.id"), nullable=False, index=True)
    category = relationship("Category")
    created_at = Column(DateTime, default=datetime.now)
    updated_at = Column(DateTime, default=datetime.now, onupdate=datetime.now)


class ProductVariant(Base):
    __tablename__ = "product_variants"
    __table_args__ = (UniqueConstraint("product_id", "size", "color"),)

    id = Column(Integer, primary_key=True)
    product_id = Column(Integer, ForeignKey("products.id", ondelete="CASCADE"), nullable=False)
    sku = Column(String(100), unique=True, nullable=False)
    size = Column(String(50))
    color = Column(String(50))
    product = relationship("Product", backref=backref("variants", cascade="all, delete-orphan", passive_deletes=True))


class ProductImage(Base):
    __tablename__ = "product_images"

    id = Column(Integer, primary_key=True)
    product_id = Column(Integer, ForeignKey("products.id", ondelete="CASCADE"), nullable=False, index=True)
    url = Column(String(500), nullable=False)
    display_order = Column(Integer, nullable=False, default=0)
    product = relationship("Product", backref=backref("images", cascade="all, delete-orphan", passive_deletes=True))


class PriceHistory(Base):
    __tablename__ = "price_history"

    id = Column(Integer, primary_key=True)
    product_id = Column(Integer, ForeignKey("products.id"), nullable=False, index=True)
    old_price = Column(Numeric(10, 2))
    new_price = Column(Numeric(10, 2), nullable=False)
    changed_at = Column(DateTime, nullable=False, default=datetime.now)


class Address(Base):
    __tablename__ = "addresses"

    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"), nullable=False, index=True)
    line1 = Column(String(255), nullable=False)
    city = Column(String(100), nullable=False)
    postal_code = Column(String(20))
    country = Column(String(100), nullable=False)


class CartItem(Base):
    __tablename__ = "cart_items"
    __table_args__ = (UniqueConstraint("user_id", "variant_id"), CheckConstraint("quantity > 0"))

    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=False)
    variant_id = Column(Integer, ForeignKey("product_variants.id"), nullable=False, index=True)
    quantity = Column(Integer, nullable=False, default=1)
    created_at = Column(DateTime, default=datetime.now)
    updated_at = Column(DateTime, default=datetime.now, onupdate=datetime.now)


class Order(Base):
    __tablename__ = "orders"

    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"), nullable=False)
    status = Column(Enum(OrderStatus), nullable=False, default=OrderStatus.PENDING)
    shipping_address_id = Column(Integer, ForeignKey("addresses.id"), nullable=False, index=True)
    billing_address_id = Column(Integer, ForeignKey("addresses.id"), nullable=False, index=True)
    shipping_address = relationship("Address", foreign_keys=[shipping_address_id])
    billing_address = relationship("Address", foreign_keys=[billing_address_id])
    created_at = Column(DateTime, default=datetime.now)
    updated_at = Column(DateTime, default=datetime.now, onupdate=datetime.now)


Index("ix_orders_of_user", Order.user_id, Order.created_at.desc())


class OrderItem(Base):
    __tablename__ = "order_items"
    __table_args__ = (CheckConstraint("quantity > 0"), CheckConstraint("unit_price >= 0"))

    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id"), nullable=False, index=True)
    variant_id = Column(Integer, ForeignKey("product_variants.id"), nullable=False, index=True)
    quantity = Column(Integer, nullable=False)
    unit_price = Column(Numeric(10, 2), nullable=False)
    order = relationship("Order", backref="items")


class OrderStatusHistory(Base):
    __tablename__ = "order_status_history"

    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id"), nullable=False, index=True)
    status = Column(Enum(OrderStatus), nullable=False)
    changed_at = Column(DateTime, nullable=False, default=datetime.now)


class Payment(Base):
    __tablename__ = "payments"
    __table_args__ = (CheckConstraint("amount >= 0"),)

    id = Column(Integer, primary_key=True)
    order_id = Column(Integer, ForeignKey("orders.id"), nullable=False, index=True)
    amount = Column(Numeric(10, 2), nullable=False)
    method = Column(String(50))


class Inventory(Base):
    __tablename__ = "inventory"
    __table_args__ = (CheckConstraint("quantity >= 0"),)

    id = Column(Integer, primary_key=True)
    variant_id = Column(Integer, ForeignKey("product_variants.id"), nullable=False, unique=True)
    quantity = Column(Integer, nullable=False, default=0)


class StockMovement(Base):
    __tablename__ = "stock_movements"

    id = Column(Integer, primary_key=True)
    variant_id = Column(Integer, ForeignKey("product_variants.id"), nullable=False, index=True)
    quantity_change = Column(Integer, nullable=False)
    movement_type = Column(Enum(MovementType), nullable=False)
    created_at = Column(DateTime, default=datetime.now)


class Review(Base):
    __tablename__ = "reviews"
    __table_args__ = (
        CheckConstraint("rating >= 1 AND rating <= 5"),
        CheckConstraint("NOT coalesce(is_verified_purchase, false) OR order_id IS NOT NULL"),
    )

    id = Column(Integer, primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"), nullable=False, index=True)
    product_id = Column(Integer, ForeignKey("products.id"), nullable=False, index=True)
    order_id = Column(Integer, ForeignKey("orders.id"), index=True)
    rating = Column(Integer, nullable=False)
    is_verified_purchase = Column(Boolean, default=False)
    created_at = Column(DateTime, default=datetime.now)
    updated_at = Column(DateTime, default=datetime.now, onupdate=datetime.now)


class ReviewVote(Base):
    __tablename__ = "review_votes"

    review_id = Column(Integer, ForeignKey("reviews.id", ondelete="CASCADE"), primary_key=True)
    user_id = Column(Integer, ForeignKey("users.id"), primary_key=True, index=True)
    is_helpful = Column(Boolean, nullable=False)


for text in (
    """
    CREATE FUNCTION take_stock() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        line record;
    BEGIN
        FOR line IN SELECT variant_id, quantity FROM order_items WHERE order_id = NEW.id ORDER BY variant_id LOOP
            UPDATE inventory SET quantity = quantity - line.quantity WHERE variant_id = line.variant_id;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'variant is not in stock';
            END IF;
            INSERT INTO stock_movements (variant_id, quantity_change, movement_type, created_at)
            VALUES (line.variant_id, -line.quantity, 'SALE', now());
        END LOOP;
        RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER take_stock AFTER UPDATE OF status ON orders FOR EACH ROW
    WHEN (OLD.status = 'PENDING' AND NEW.status IN ('PAID', 'SHIPPED', 'DELIVERED')) EXECUTE FUNCTION take_stock()
    """,
):
    event.listen(Base.metadata, "after_create", DDL(text))
