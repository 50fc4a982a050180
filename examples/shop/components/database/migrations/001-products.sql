CREATE TABLE product (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  cents INTEGER NOT NULL CHECK (cents > 0)
);
INSERT INTO product (name, cents) VALUES ('Rope, 60 m', 18900), ('Harness', 6900), ('Belay device', 3400);
