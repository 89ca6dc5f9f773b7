-- How products belong together: grouped and related links, configurables, bundles, downloads.

CREATE TABLE {p}catalog_product_link_type (
  link_type_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  code VARCHAR(32)
);

CREATE TABLE {p}catalog_product_link (
  link_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id INT UNSIGNED NOT NULL DEFAULT 0,
  linked_product_id INT UNSIGNED NOT NULL DEFAULT 0,
  link_type_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  UNIQUE (link_type_id, product_id, linked_product_id),
  KEY (linked_product_id),
  KEY (product_id),
  FOREIGN KEY (product_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (linked_product_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (link_type_id) REFERENCES {p}catalog_product_link_type (link_type_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_link_attribute (
  product_link_attribute_id SMALLINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  link_type_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  product_link_attribute_code VARCHAR(32),
  data_type VARCHAR(32),
  KEY (link_type_id),
  FOREIGN KEY (link_type_id) REFERENCES {p}catalog_product_link_type (link_type_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_link_attribute_int (
  value_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_link_attribute_id SMALLINT UNSIGNED,
  link_id INT UNSIGNED NOT NULL,
  value INT NOT NULL DEFAULT 0,
  UNIQUE (product_link_attribute_id, link_id),
  KEY (link_id),
  FOREIGN KEY (link_id) REFERENCES {p}catalog_product_link (link_id) ON DELETE CASCADE,
  FOREIGN KEY (product_link_attribute_id)
    REFERENCES {p}catalog_product_link_attribute (product_link_attribute_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_link_attribute_decimal (
  value_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_link_attribute_id SMALLINT UNSIGNED,
  link_id INT UNSIGNED NOT NULL,
  value DECIMAL(20,6) NOT NULL DEFAULT 0,
  UNIQUE (product_link_attribute_id, link_id),
  KEY (link_id),
  FOREIGN KEY (link_id) REFERENCES {p}catalog_product_link (link_id) ON DELETE CASCADE,
  FOREIGN KEY (product_link_attribute_id)
    REFERENCES {p}catalog_product_link_attribute (product_link_attribute_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_relation (
  parent_id INT UNSIGNED NOT NULL,
  child_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (parent_id, child_id),
  KEY (child_id),
  FOREIGN KEY (child_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (parent_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_super_link (
  link_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id INT UNSIGNED NOT NULL DEFAULT 0,
  parent_id INT UNSIGNED NOT NULL DEFAULT 0,
  UNIQUE (product_id, parent_id),
  KEY (parent_id),
  FOREIGN KEY (parent_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE,
  FOREIGN KEY (product_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_super_attribute (
  product_super_attribute_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id INT UNSIGNED NOT NULL DEFAULT 0,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  position SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  UNIQUE (product_id, attribute_id),
  FOREIGN KEY (product_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_super_attribute_label (
  value_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_super_attribute_id INT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  use_default SMALLINT UNSIGNED DEFAULT 0,
  value VARCHAR(255),
  UNIQUE (product_super_attribute_id, store_id),
  KEY (store_id),
  FOREIGN KEY (product_super_attribute_id)
    REFERENCES {p}catalog_product_super_attribute (product_super_attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_bundle_option (
  option_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent_id INT UNSIGNED NOT NULL,
  required SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  position INT UNSIGNED NOT NULL DEFAULT 0,
  type VARCHAR(255),
  KEY (parent_id),
  FOREIGN KEY (parent_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_bundle_option_value (
  value_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  option_id INT UNSIGNED NOT NULL,
  store_id SMALLINT UNSIGNED NOT NULL,
  title VARCHAR(255),
  parent_product_id INT UNSIGNED NOT NULL,
  UNIQUE (option_id, parent_product_id, store_id),
  FOREIGN KEY (option_id) REFERENCES {p}catalog_product_bundle_option (option_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_bundle_selection (
  selection_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  option_id INT UNSIGNED NOT NULL,
  parent_product_id INT UNSIGNED NOT NULL,
  product_id INT UNSIGNED NOT NULL,
  position INT UNSIGNED NOT NULL DEFAULT 0,
  is_default SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  selection_price_type SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  selection_price_value DECIMAL(12,4) NOT NULL DEFAULT 0,
  selection_qty DECIMAL(12,4),
  selection_can_change_qty SMALLINT NOT NULL DEFAULT 0,
  KEY (option_id),
  KEY (product_id),
  FOREIGN KEY (option_id) REFERENCES {p}catalog_product_bundle_option (option_id) ON DELETE CASCADE,
  FOREIGN KEY (product_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}catalog_product_bundle_selection_price (
  selection_id INT UNSIGNED NOT NULL,
  website_id SMALLINT UNSIGNED NOT NULL,
  selection_price_type SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  selection_price_value DECIMAL(20,6) NOT NULL DEFAULT 0,
  parent_product_id INT UNSIGNED NOT NULL,
  PRIMARY KEY (selection_id, parent_product_id, website_id),
  KEY (website_id),
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE CASCADE,
  FOREIGN KEY (selection_id) REFERENCES {p}catalog_product_bundle_selection (selection_id) ON DELETE CASCADE
);

CREATE TABLE {p}downloadable_link (
  link_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  product_id INT UNSIGNED NOT NULL DEFAULT 0,
  sort_order INT UNSIGNED NOT NULL DEFAULT 0,
  number_of_downloads INT,
  is_shareable SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  link_url VARCHAR(255),
  link_file VARCHAR(255),
  link_type VARCHAR(20),
  sample_url VARCHAR(255),
  sample_file VARCHAR(255),
  sample_type VARCHAR(20),
  KEY (product_id, sort_order),
  FOREIGN KEY (product_id) REFERENCES {p}catalog_product_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}downloadable_link_price (
  price_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  link_id INT UNSIGNED NOT NULL DEFAULT 0,
  website_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  price DECIMAL(20,6) NOT NULL DEFAULT 0,
  KEY (link_id),
  KEY (website_id),
  FOREIGN KEY (link_id) REFERENCES {p}downloadable_link (link_id) ON DELETE CASCADE,
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE CASCADE
);

CREATE TABLE {p}downloadable_link_title (
  title_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  link_id INT UNSIGNED NOT NULL DEFAULT 0,
  store_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  title VARCHAR(255),
  UNIQUE (link_id, store_id),
  KEY (store_id),
  FOREIGN KEY (link_id) REFERENCES {p}downloadable_link (link_id) ON DELETE CASCADE,
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE CASCADE
);
