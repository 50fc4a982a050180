CREATE TABLE stock (
  product INTEGER PRIMARY KEY REFERENCES product (id),
  pieces INTEGER NOT NULL DEFAULT 0 CHECK (pieces >= 0)
);
INSERT INTO stock (product, pieces) SELECT id, 10 FROM product;
