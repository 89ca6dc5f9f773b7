-- Customers, their addresses, newsletter subscribers.

CREATE TABLE {p}customer_entity (
  entity_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  website_id SMALLINT UNSIGNED,
  email VARCHAR(255),
  group_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  increment_id VARCHAR(50),
  store_id SMALLINT UNSIGNED DEFAULT 0,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  is_active SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  disable_auto_group_change SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  created_in VARCHAR(255),
  prefix VARCHAR(40),
  firstname VARCHAR(255),
  middlename VARCHAR(255),
  lastname VARCHAR(255),
  suffix VARCHAR(40),
  dob DATE,
  password_hash VARCHAR(128),
  rp_token VARCHAR(128),
  rp_token_created_at DATETIME,
  default_billing INT UNSIGNED,
  default_shipping INT UNSIGNED,
  taxvat VARCHAR(50),
  confirmation VARCHAR(64),
  gender SMALLINT UNSIGNED,
  failures_num SMALLINT DEFAULT 0,
  first_failure TIMESTAMP NULL,
  lock_expires TIMESTAMP NULL,
  session_cutoff TIMESTAMP NULL,
  UNIQUE (email, website_id),
  KEY (firstname),
  KEY (lastname),
  KEY (store_id),
  KEY (website_id),
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE SET NULL,
  FOREIGN KEY (website_id) REFERENCES {p}store_website (website_id) ON DELETE SET NULL
);

CREATE TABLE {p}customer_entity_varchar (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value VARCHAR(255),
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  KEY (entity_id, attribute_id, value),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_entity_int (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value INT NOT NULL DEFAULT 0,
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  KEY (entity_id, attribute_id, value),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_entity_text (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value TEXT NOT NULL,
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_entity_decimal (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value DECIMAL(12,4) NOT NULL DEFAULT 0,
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  KEY (entity_id, attribute_id, value),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_entity_datetime (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value DATETIME,
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  KEY (entity_id, attribute_id, value),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_address_entity (
  entity_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  increment_id VARCHAR(50),
  parent_id INT UNSIGNED,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  is_active SMALLINT UNSIGNED NOT NULL DEFAULT 1,
  city VARCHAR(255) NOT NULL,
  company VARCHAR(255),
  country_id VARCHAR(255) NOT NULL,
  fax VARCHAR(255),
  firstname VARCHAR(255) NOT NULL,
  lastname VARCHAR(255) NOT NULL,
  middlename VARCHAR(255),
  postcode VARCHAR(255),
  prefix VARCHAR(40),
  region VARCHAR(255),
  region_id INT UNSIGNED,
  street TEXT NOT NULL,
  suffix VARCHAR(40),
  telephone VARCHAR(255) NOT NULL,
  vat_id VARCHAR(255),
  vat_is_valid INT UNSIGNED,
  vat_request_date VARCHAR(255),
  vat_request_id VARCHAR(255),
  vat_request_success INT UNSIGNED,
  KEY (parent_id),
  FOREIGN KEY (parent_id) REFERENCES {p}customer_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_address_entity_varchar (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value VARCHAR(255),
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  KEY (entity_id, attribute_id, value),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_address_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_address_entity_int (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value INT NOT NULL DEFAULT 0,
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  KEY (entity_id, attribute_id, value),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_address_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_address_entity_text (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value TEXT NOT NULL,
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_address_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_address_entity_decimal (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value DECIMAL(12,4) NOT NULL DEFAULT 0,
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  KEY (entity_id, attribute_id, value),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_address_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}customer_address_entity_datetime (
  value_id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  attribute_id SMALLINT UNSIGNED NOT NULL DEFAULT 0,
  entity_id INT UNSIGNED NOT NULL DEFAULT 0,
  value DATETIME,
  UNIQUE (entity_id, attribute_id),
  KEY (attribute_id),
  KEY (entity_id, attribute_id, value),
  FOREIGN KEY (attribute_id) REFERENCES {p}eav_attribute (attribute_id) ON DELETE CASCADE,
  FOREIGN KEY (entity_id) REFERENCES {p}customer_address_entity (entity_id) ON DELETE CASCADE
);

CREATE TABLE {p}newsletter_subscriber (
  subscriber_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  store_id SMALLINT UNSIGNED DEFAULT 0,
  change_status_at TIMESTAMP NULL,
  customer_id INT UNSIGNED NOT NULL DEFAULT 0,
  subscriber_email VARCHAR(150),
  subscriber_status INT NOT NULL DEFAULT 0,
  subscriber_confirm_code VARCHAR(32) DEFAULT 'NULL',
  KEY (customer_id),
  KEY (store_id),
  KEY (subscriber_email),
  FOREIGN KEY (store_id) REFERENCES {p}store (store_id) ON DELETE SET NULL
);
