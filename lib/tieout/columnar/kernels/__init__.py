"""What does each function of Spark SQL do to Arrow columns?"""
